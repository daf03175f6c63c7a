import FalconetStreams
import SystemPackage

/// Reading a file that holds bytes as hexadecimal digits of either case, and maybe one newline at
/// its end.
package enum HexFile {
  /// The bytes that the file at `path` describes.
  ///
  /// The text is decoded chunk by chunk, so that memory holds the bytes alone.
  ///
  /// - Parameter limit: the most bytes it may describe.
  /// - Throws: ``StoredFileFault``.
  package static func read(
    _ path: FilePath, limit: Int = PreimageKey.maximumPreimageSize
  ) throws(StoredFileFault) -> [UInt8] {
    var file = try StoredFile(path)
    let digitLimit = limit.multipliedReportingOverflow(by: 2)
    let textLimit = digitLimit.overflow ? Int.max : digitLimit.partialValue
    guard file.size - 1 <= textLimit else { throw .tooLarge(limit: limit) }

    var chunk = try file.next()
    // Most files are short and have no fault.
    if file.hasEnded, chunk.count <= textLimit,
      let bytes = Hex.decode(
        digits: chunk.last == UInt8(ascii: "\n") ? chunk.dropLast() : chunk[...])
    {
      return bytes
    }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(file.size / 2)
    var offset = 0
    var high: UInt8?
    var ended = false
    while !chunk.isEmpty {
      for character in chunk {
        guard !ended else { throw .badDigit(UInt8(ascii: "\n"), offset: offset - 1) }
        if character == UInt8(ascii: "\n") {
          ended = true
        } else if let digit = Hex.value(of: character) {
          guard offset < textLimit else { throw .tooLarge(limit: limit) }
          if let upper = high {
            bytes.append(upper << 4 | digit)
            high = nil
          } else {
            high = digit
          }
        } else {
          throw .badDigit(character, offset: offset)
        }
        offset += 1
      }
      chunk = try file.next()
    }
    guard high == nil else { throw .oddLength(2 * bytes.count + 1) }
    return bytes
  }
}

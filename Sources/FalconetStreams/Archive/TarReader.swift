/// Reads the regular files of a tar archive (POSIX ustar) one after another, from any source.
///
/// ```swift
/// let archive = TarReader(try ByteReader.decompressing(source).reader)
/// while let entry = try archive.next() {
///   let bytes = try archive.contents(limit: 1 << 20)
/// }
/// ```
/// Folders, links, devices and pax headers are skipped: a name or size that only a pax header
/// gives is not seen. Files above 8 GiB and GNU's long names are not supported.
package final class TarReader: ByteSource {
  /// A regular file in an archive.
  package struct Entry: Sendable, Equatable {
    /// Its path, relative and without `..`.
    package let name: String
    /// Its size in bytes.
    package let size: UInt64
  }

  /// The archive's name, for messages.
  package var name: String { reader.name }

  private let reader: ByteReader
  private var left: UInt64 = 0
  private var padding: UInt64 = 0

  /// A reader of the archive in `reader`.
  package init(_ reader: ByteReader) { self.reader = reader }

  /// Moves to the next regular file; what was not read of the one before is skipped.
  /// - Returns: Nil at the archive's end, behind which only zero bytes are accepted.
  /// - Throws: `.truncated`, `.corrupt`, `.trailingData`, `.unsupported`.
  package func next() throws(StreamError) -> Entry? {
    while true {
      try reader.skip(left)
      try reader.skip(padding)
      left = 0
      padding = 0
      let offset = reader.position
      let block = try reader.readBytes(UInt64(TarHeader.blockSize))
      if block.allSatisfy({ $0 == 0 }) {
        try expectZeros()
        return nil
      }
      guard let header = TarHeader(block) else {
        throw failure(.corrupt, "a tar header is corrupt", at: offset)
      }
      left = header.size
      let (blockSize, tail) = (UInt64(TarHeader.blockSize), header.size % 512)
      padding = tail == 0 ? 0 : blockSize - tail
      switch header.kind {
      case .regular:
        try check(header.name, at: offset)
        return Entry(name: header.name, size: header.size)
      case .folder, .extended: break
      case .other:
        // GNU's long names precede a file whose own header has them cut.
        if block[156] == UInt8(ascii: "L") || block[156] == UInt8(ascii: "K") {
          throw failure(.unsupported, "the archive has GNU long names", at: offset)
        }
      }
    }
  }

  /// Reads from the current file.
  /// - Returns: 0 at the file's end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = Int(min(left, UInt64(buffer.count)))
    guard count > 0 else { return 0 }
    let offset = reader.position
    let found = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    guard found > 0 else { throw reader.truncated(expected: left, found: 0, at: offset) }
    left -= UInt64(found)
    return found
  }

  /// The rest of the current file.
  /// - Throws: `.tooLarge` if it is longer than `limit` bytes, `.truncated`.
  package func contents(limit: UInt64) throws(StreamError) -> [UInt8] {
    let bytes = try reader.readBytes(left, limit: limit)
    left = 0
    return bytes
  }

  private func check(_ name: String, at offset: UInt64) throws(StreamError) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.hasPrefix("/"), !parts.contains(".."), !name.isEmpty else {
      throw failure(.corrupt, "the archive has a file outside its directory", at: offset)
    }
  }

  private func expectZeros() throws(StreamError) {
    while try !reader.isAtEnd() {
      let buffered = reader.buffered
      let zeros = buffered.prefix { $0 == 0 }.count
      let hasOther = zeros < buffered.count
      reader.consume(zeros)
      if hasOther { try reader.expectEnd() }
    }
  }

  private func failure(
    _ kind: StreamError.Kind, _ message: String, at offset: UInt64
  ) -> StreamError {
    StreamError(
      kind, path: name, offset: offset, message: message,
      remedy: "make the archive in tar's format ustar")
  }
}

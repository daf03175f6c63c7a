import FalconetSystem
import SystemPackage

/// Why a file of a pre-image directory could not be used.
package enum StoredFileFault: Error, Equatable, CustomStringConvertible {
  case missing
  case notRegular
  /// It has more bytes than the limit.
  case tooLarge(limit: Int)
  /// The byte at the offset is not a hexadecimal digit.
  case badDigit(UInt8, offset: Int)
  /// The number of digits is odd.
  case oddLength(Int)
  case system(Errno)

  /// What the file is or does: the rest of a sentence that begins with its path.
  package var description: String {
    switch self {
    case .missing: "does not exist"
    case .notRegular: "is not a regular file"
    case .tooLarge(let limit): "has more than \(limit) bytes"
    case .badDigit(let byte, let offset):
      "has byte 0x\(String(byte, radix: 16)) at offset \(offset), which is not a hexadecimal digit"
    case .oddLength(let count): "has \(count) hexadecimal digits, an odd number"
    case .system(let errno): "cannot be read: \(errno)"
    }
  }
}

/// A file of a pre-image directory, open for reading in chunks.
package struct StoredFile {
  /// The size when it was opened, in bytes.
  let size: Int
  private let file: PositionalFile
  private var offset: UInt64 = 0
  /// Whether the last bytes were read.
  private(set) var hasEnded = false

  /// Opens the regular file at `path`; a pipe or a device there is refused without waiting for it.
  package init(_ path: FilePath) throws(StoredFileFault) {
    let opened: PositionalFile?
    do throws(Errno) { opened = try PositionalFile(path: path) } catch {
      throw error == .noSuchFileOrDirectory ? .missing : .system(error)
    }
    guard let opened else { throw .notRegular }
    file = opened
    size = Int(clamping: opened.size)
  }

  /// The next bytes, at most `limit` of them; none at the end.
  ///
  /// Sound: the read fills memory that the array hands out for it, and the array is told how much of it
  /// was filled.
  package mutating func next(atMost limit: Int = 65536) throws(StoredFileFault) -> [UInt8] {
    guard !hasEnded else { return [] }
    // One byte more than the file had when it was opened tells the end without another read.
    let rest = max(size - Int(clamping: offset), 0)
    let limit = rest < limit ? rest + 1 : limit
    var failure: Errno?
    let chunk = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(Errno) {
        let room = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[..<limit])
        count = try file.read(into: room, at: offset)
      } catch { failure = error }
    }
    if let failure { throw .system(failure) }
    offset += UInt64(chunk.count)
    hasEnded = chunk.count < limit
    return chunk
  }
}

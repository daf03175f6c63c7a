import Glibc
import SystemPackage

/// Why a file of a pre-image folder could not be used.
package enum StoredFileFault: Error, Equatable, CustomStringConvertible {
  case missing
  case notRegular
  /// It has more bytes than the limit.
  case tooLarge(limit: Int)
  /// At the byte offset stands no hexadecimal digit.
  case badDigit(UInt8, offset: Int)
  /// The number of digits is odd.
  case oddLength(Int)
  case system(Errno)

  /// What the file is or does: the rest of a sentence that begins with its path.
  package var description: String {
    switch self {
    case .missing: "does not exist"
    case .notRegular: "is no regular file"
    case .tooLarge(let limit): "has more than \(limit) bytes"
    case .badDigit(let byte, let offset):
      "has byte 0x\(String(byte, radix: 16)) at offset \(offset), which is no hexadecimal digit"
    case .oddLength(let count): "has \(count) hexadecimal digits, an odd number"
    case .system(let errno): "cannot be read: \(errno)"
    }
  }
}

/// A file of a pre-image folder, open for reading in chunks.
///
/// The unsafe part is that a read fills memory that the array hands out for exactly this, and tells
/// the array how much of it was filled.
struct StoredFile: ~Copyable {
  /// The size when it was opened, in bytes.
  let size: Int
  private let descriptor: FileDescriptor

  /// Opens the regular file at `path`; a pipe or a device there is refused without waiting for it.
  init(_ path: FilePath) throws(StoredFileFault) {
    let opened = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard opened >= 0 else {
      let error = Errno(rawValue: errno)
      throw error == .noSuchFileOrDirectory ? .missing : .system(error)
    }
    var status = stat()
    let known = fstat(opened, &status) == 0
    let error = Errno(rawValue: errno)
    guard known, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw known ? .notRegular : .system(error)
    }
    size = Int(status.st_size)
    descriptor = FileDescriptor(rawValue: opened)
  }

  deinit {
    close(descriptor.rawValue)
  }

  /// The next bytes, at most `limit` of them; none at the end.
  mutating func next(atMost limit: Int = 65536) throws(StoredFileFault) -> [UInt8] {
    var failure: Errno?
    let chunk = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      repeat {
        let result = read(descriptor.rawValue, buffer.baseAddress, limit)
        failure = result < 0 ? Errno(rawValue: errno) : nil
        count = max(result, 0)
      } while failure == .interrupted
    }
    if let failure { throw .system(failure) }
    return chunk
  }
}

import Glibc

/// A file without a name, for readers that want a path.
public final class MemoryFile: Sendable {
  private let descriptor: CInt

  public var path: String { "/proc/self/fd/\(descriptor)" }

  public init(_ bytes: [UInt8]) {
    var template = Array("/dev/shm/falconet-fuzzing-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0, unlink(template) == 0,
      write(descriptor, bytes, bytes.count) == bytes.count
    else { found("no file can be made in memory (errno \(errno))") }
  }

  deinit { close(descriptor) }
}

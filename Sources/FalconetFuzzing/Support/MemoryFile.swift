import FalconetLibc

/// A file without a name, for readers that want a path.
final class MemoryFile: Sendable {
  private let descriptor: CInt

  var path: String { "/proc/self/fd/\(descriptor)" }

  init(_ bytes: [UInt8]) throws {
    var template = MemoryPlace.template
    descriptor = mkstemp(&template)
    guard descriptor >= 0, unlink(template) == 0,
      write(descriptor, bytes, bytes.count) == bytes.count
    else { try found("no file can be made in memory (errno \(errno))") }
  }

  deinit { close(descriptor) }
}

import FalconetLibc
import FalconetSystem
import SystemPackage

/// A pipe that wakes a `poll` in another thread.
final class PrefetchSignal: Sendable {
  private let ends: (read: FileDescriptor, write: FileDescriptor)

  init() throws(Errno) {
    ends = try PipeIO.make()
    PipeIO.makeNonBlocking(ends.read)
    PipeIO.makeNonBlocking(ends.write)
  }

  deinit {
    close(ends.read.rawValue)
    close(ends.write.rawValue)
  }

  /// Readable once the signal was raised, until it is cleared.
  var descriptor: Int32 { ends.read.rawValue }

  func raise() { _ = PipeIO.write(ends.write, [1]) }

  func clear() {
    var bytes: [UInt8] = []
    while case .moved = PipeIO.read(ends.read, into: &bytes, atMost: 4096) { bytes = [] }
  }
}

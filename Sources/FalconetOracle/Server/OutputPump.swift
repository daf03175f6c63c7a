import FalconetLibc
import FalconetSystem
import FalconetThreads
import Synchronization
import SystemPackage

/// Takes what a server writes to its standard streams, and hands it on as it comes: on a thread of
/// its own, or in the owner's ``serve()`` if the system gives no thread.
final class OutputPump {
  /// What the thread and its owner share.
  private final class Shared: Sendable {
    let isFinished = Atomic<Bool>(false)
  }

  private let shared = Shared()
  private var thread: BackgroundThread?
  private var stopSignal: FileDescriptor?
  /// The streams, if no thread has them.
  private var own: OutputStreams?

  /// Starts the thread, which owns the two ends and closes them.
  ///
  /// - Parameter onOutput: called on the thread, once for each chunk that a read gives; the server
  ///   waits while it runs.
  /// - Throws: the system's error; the two ends are then still open.
  init(
    output: FileDescriptor, error: FileDescriptor,
    onOutput: @escaping @Sendable (HostStream, [UInt8]) -> Void
  ) throws(Errno) {
    let stop = try PipeIO.make()
    let ends = [(HostStream.standardOutput, output), (.standardError, error)]
    let shared = shared
    thread = BackgroundThread {
      let streams = OutputStreams(ends, onOutput)
      streams.run(until: stop.read)
      close(stop.read.rawValue)
      shared.isFinished.store(true, ordering: .releasing)
    }
    if thread != nil {
      stopSignal = stop.write
    } else {
      close(stop.read.rawValue)
      close(stop.write.rawValue)
      own = OutputStreams(ends, onOutput)
    }
  }

  deinit { stop() }

  /// Whether both streams have ended: no process holds them open.
  var isFinished: Bool { own?.isFinished ?? shared.isFinished.load(ordering: .acquiring) }

  /// The descriptors that the owner has to watch, and to call ``serve()`` for: none if a thread does.
  var watched: [(descriptor: Int32, events: Int32)] {
    own?.descriptors.map { ($0, POLLIN) } ?? []
  }

  /// Hands on what the streams hold, if no thread does.
  func serve() { own?.drain(limit: PipeIO.chunkSize) }

  /// Hands on what the streams still hold, and ends the thread, though some process may keep them
  /// open.
  func stop() {
    own?.end()
    guard let signal = stopSignal else { return }
    stopSignal = nil
    close(signal.rawValue)
    thread?.join()
  }
}

/// The two streams of a server, read without waiting.
private final class OutputStreams {
  /// What is handed on after a stop at most, for each stream: a process that writes without end
  /// must not keep the thread.
  private static let lastBytes = 1 << 20

  private var open: [(stream: HostStream, end: FileDescriptor)]
  private let onOutput: (HostStream, [UInt8]) -> Void

  /// Takes over the ends, which are closed as they end.
  init(
    _ ends: [(HostStream, FileDescriptor)], _ onOutput: @escaping (HostStream, [UInt8]) -> Void
  ) {
    for (_, end) in ends { PipeIO.makeNonBlocking(end) }
    open = ends
    self.onOutput = onOutput
  }

  var isFinished: Bool { open.isEmpty }

  var descriptors: [Int32] { open.map(\.end.rawValue) }

  /// Hands on what comes, until the streams end or `stop` does.
  func run(until stop: FileDescriptor) {
    while !isFinished {
      let ready = PipeIO.wait(
        for: (descriptors + [stop.rawValue]).map { ($0, POLLIN) }, atMost: .seconds(3600))
      if ready.last == true { return end() }
      drain(limit: PipeIO.chunkSize)
    }
  }

  /// Hands on the last bytes, and closes the ends.
  func end() {
    drain(limit: Self.lastBytes)
    for (_, end) in open { close(end.rawValue) }
    open = []
  }

  /// Hands on what is there, of each stream until `limit` bytes or more have come.
  func drain(limit: Int) {
    open.removeAll { source in
      let isOpen = Self.drain(source.end, limit: limit) { onOutput(source.stream, $0) }
      if !isOpen { close(source.end.rawValue) }
      return !isOpen
    }
  }

  /// Hands on what `end` holds, in chunks, until `limit` bytes or more have come.
  ///
  /// - Returns: whether more may come.
  private static func drain(
    _ end: FileDescriptor, limit: Int, _ onChunk: ([UInt8]) -> Void
  ) -> Bool {
    var total = 0
    while total < limit {
      var chunk: [UInt8] = []
      switch PipeIO.read(end, into: &chunk, atMost: PipeIO.chunkSize) {
      case .moved(let count):
        onChunk(chunk)
        total += count
      case .wouldBlock:
        return true
      case .closed, .failed:
        return false
      }
    }
    return true
  }
}

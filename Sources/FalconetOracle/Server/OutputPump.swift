import Glibc
import Synchronization
import SystemPackage

/// The thread that takes what a server writes to its standard streams, and hands it on as it comes.
final class OutputPump {
  /// What the thread and its owner share.
  private final class Shared: Sendable {
    let isFinished = Atomic<Bool>(false)
  }

  private let shared = Shared()
  private let thread: BackgroundThread
  private var stopSignal: FileDescriptor?

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
    let streams: [(HostStream, FileDescriptor)] = [
      (.standardOutput, output), (.standardError, error),
    ]
    let shared = shared
    do throws(Errno) {
      thread = try BackgroundThread {
        Self.run(streams, stop: stop.read, onOutput)
        shared.isFinished.store(true, ordering: .releasing)
      }
    } catch {
      close(stop.read.rawValue)
      close(stop.write.rawValue)
      throw error
    }
    stopSignal = stop.write
  }

  deinit { stop() }

  /// Whether both streams have ended: no process holds them open.
  var isFinished: Bool { shared.isFinished.load(ordering: .acquiring) }

  /// Hands on what the streams still hold, and ends the thread, though some process may keep them
  /// open.
  func stop() {
    guard let signal = stopSignal else { return }
    stopSignal = nil
    close(signal.rawValue)
    thread.join()
  }

  /// What is handed on after a stop at most, for each stream: a process that writes without end
  /// must not keep the thread.
  private static let lastBytes = 1 << 20

  private static func run(
    _ streams: [(HostStream, FileDescriptor)], stop: FileDescriptor,
    _ onOutput: (HostStream, [UInt8]) -> Void
  ) {
    for (_, end) in streams { PipeIO.makeNonBlocking(end) }
    var open = streams
    while !open.isEmpty {
      let ready = PipeIO.wait(
        for: open.map { ($0.1.rawValue, POLLIN) } + [(stop.rawValue, POLLIN)],
        atMost: .seconds(3600))
      let isStopping = ready[open.count]
      for (source, isReady) in zip(open, ready) where isReady || isStopping {
        let limit = isStopping ? lastBytes : PipeIO.chunkSize
        if !drain(source.1, limit: limit, { onOutput(source.0, $0) }) {
          close(source.1.rawValue)
          open.removeAll { $0.1 == source.1 }
        }
      }
      if isStopping { break }
    }
    for (_, end) in open { close(end.rawValue) }
    close(stop.rawValue)
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

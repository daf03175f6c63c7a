import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// One of the two conversations with a server: requests go out, each is followed by its answer.
///
/// Every wait ends when the server does, when the run is interrupted, or when nothing moved for the
/// length of the timeout; each byte that moves restarts it.
final class ServerChannel {
  /// Where requests are written.
  private let requests: FileDescriptor
  /// Where answers are read.
  private let answers: FileDescriptor
  private let options: ServerOracle.Options
  /// What the server writes to its standard streams, which is served during waits if it has no
  /// thread.
  private let pump: OutputPump
  private var isOpen = true

  /// How long a wait goes on without a look at the process, and at whether the run is to stop. The
  /// process's end shows at once by its closed pipes, unless a child of its own keeps them open.
  static let slice = Duration.milliseconds(200)

  /// How long a server that closed its side gets to end, so that its exit status can be told.
  private static let parting = Duration.milliseconds(250)

  /// Takes over the two ends, which are closed with the channel.
  init(
    requests: FileDescriptor, answers: FileDescriptor, options: ServerOracle.Options,
    pump: OutputPump
  ) {
    PipeIO.makeNonBlocking(requests)
    PipeIO.makeNonBlocking(answers)
    self.requests = requests
    self.answers = answers
    self.options = options
    self.pump = pump
  }

  deinit { hangUp() }

  /// Closes both ends: the server sees the end of its input. Nothing may be sent after it.
  func hangUp() {
    guard isOpen else { return }
    isOpen = false
    close(requests.rawValue)
    close(answers.rawValue)
  }

  /// Writes all of `frame`.
  func send(_ frame: [UInt8], to server: ChildProcess) throws(ServerFault) {
    var rest = frame[...]
    var hasEnded = false
    while !rest.isEmpty {
      switch PipeIO.write(requests, rest) {
      case .moved(let count):
        rest = rest.dropFirst(count)
      case .wouldBlock:
        if hasEnded, let status = server.exitStatus() { throw .ended(status) }
        hasEnded = try wait(for: requests, POLLOUT, server)
      case .closed:
        throw partingFault(server)
      case .failed(let errno):
        throw .failed(errno)
      }
    }
  }

  /// Appends to `bytes` exactly `count` bytes of the answer.
  ///
  /// Memory grows with what arrives, whatever was announced.
  func receive(
    _ count: Int, into bytes: inout [UInt8], from server: ChildProcess
  ) throws(ServerFault) {
    var left = count
    var hasEnded = false
    while left > 0 {
      switch PipeIO.read(answers, into: &bytes, atMost: left) {
      case .moved(let count):
        left -= count
      case .wouldBlock:
        // Only after a read that came later than the end: the last bytes may have come with it.
        if hasEnded, let status = server.exitStatus() { throw .ended(status) }
        hasEnded = try wait(for: answers, POLLIN, server)
      case .closed:
        throw partingFault(server)
      case .failed(let errno):
        throw .failed(errno)
      }
    }
  }

  /// Waits until `end` is worth another attempt.
  ///
  /// - Returns: whether the server had ended before that attempt.
  private func wait(
    for end: FileDescriptor, _ events: Int32, _ server: ChildProcess
  ) throws(ServerFault) -> Bool {
    let clock = SuspendingClock()
    let start = clock.now
    while true {
      let waited = start.duration(to: clock.now)
      if let timeout = options.timeout, waited >= timeout { throw .stalled(timeout) }
      // A look, and no wait, if the run is to stop: what is there is taken.
      let longest = options.cancellation.isRequested ? .zero : Self.slice
      let left = options.timeout.map { min($0 - waited, longest) } ?? longest
      let ready = PipeIO.wait(
        for: [(end.rawValue, events), (options.cancellation.descriptor, POLLIN)] + pump.watched,
        atMost: left)
      pump.serve()
      if !ready[0] { options.onWait() }
      if ready[0] { return false }
      if options.cancellation.isRequested { throw .interrupted }
      if server.exitStatus() != nil { return true }
    }
  }

  private func partingFault(_ server: ChildProcess) -> ServerFault {
    server.waitForExit(atMost: Self.parting).map { .ended($0) } ?? .closed
  }
}

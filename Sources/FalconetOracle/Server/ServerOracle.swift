import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// Pre-images from a server: a process that is started here, and ended with this object.
///
/// The server speaks the protocol of Cannon's hosts: it finds hints to read at descriptor 3, writes
/// their acknowledgements to 4, reads keys at 5, and writes pre-images to 6. Its standard input is
/// the null device; its environment is this process's with `NO_COLOR=1`. It leads a process group
/// of its own, so that a terminal's Ctrl-C reaches this process alone. If this process ends without
/// ending the server, however that comes, a guard in that group ends it (``ProcessGuard``).
///
/// After the first error every further request throws that error again, since the conversation
/// can't be taken up in the middle.
///
/// ```swift
/// let server = try ServerOracle(command: ["op-program", "--server", "--datadir", "data"]) {
///   stream, bytes in log(stream, bytes)
/// }
/// defer { server.shutdown() }
/// let preimage = try server.preimage(for: key)
/// ```
///
/// One thread uses an object at a time.
package final class ServerOracle: PreimageOracle {
  /// How patient the parent is.
  package struct Options: Sendable {
    /// How long a request may go without a single byte moving, 15 minutes by default; nil waits
    /// forever. Each byte that is sent or received restarts the time.
    package var timeout: Duration?
    /// How a shutdown proceeds.
    package var grace: Grace
    /// How a shutdown proceeds when nothing is to be expected of the server, since it has stalled,
    /// or when the run is interrupted, before the shutdown or during it.
    package var hurriedGrace: Grace
    /// Ends the run. A request that waits for the server asks every 200 ms or more often, on the thread
    /// that made the request, and ends with an error of kind `interrupted` if the end is requested; a
    /// shutdown then takes ``hurriedGrace``.
    package var cancellation: Cancellation
    /// Is called, on the thread that made the request, about every 200 ms while it waits.
    package var onWait: @Sendable () -> Void = {}

    package init(
      timeout: Duration? = .seconds(900), grace: Grace = .standard,
      hurriedGrace: Grace = .short, cancellation: Cancellation = .never
    ) {
      self.timeout = timeout
      self.grace = grace
      self.hurriedGrace = hurriedGrace
      self.cancellation = cancellation
    }
  }

  private let options: Options
  private let process: ChildProcess
  private let pump: OutputPump
  private let hintChannel: ServerChannel
  private let preimageChannel: ServerChannel

  private var lastHint: [UInt8]?
  private var failure: PreimageError?
  private var report: ShutdownReport?

  /// Starts the server.
  ///
  /// - Parameters:
  ///   - command: the program, looked up in PATH if it has no slash, and its arguments.
  ///   - options: timeouts.
  ///   - onOutput: takes what the server writes to its standard streams, one call for each chunk
  ///     that is read, on a thread of its own, or if the system gives none on the thread that
  ///     makes a request or ends the server, meanwhile. The server waits while it runs; it must
  ///     not wait for this object.
  /// - Throws: ``ProcessStartError``.
  package convenience init(
    command: [String], options: Options = Options(),
    onOutput: @escaping @Sendable (HostStream, [UInt8]) -> Void
  ) throws(ProcessStartError) {
    try self.init(command: command, options: options, without: [], onOutput: onOutput)
  }

  /// As the other, on a system that is taken not to have something.
  package init(
    command: [String], options: Options, without missing: ProcessSpawner.MissingMeans,
    onOutput: @escaping @Sendable (HostStream, [UInt8]) -> Void
  ) throws(ProcessStartError) {
    let program = command.first ?? ""
    let pipes: ServerPipes
    do throws(Errno) {
      pipes = try ServerPipes()
    } catch {
      throw ProcessStartError(.system(error), program: program)
    }
    // The server's ends are only its own: kept open here, they would hide its end.
    defer { ServerPipes.close(pipes.serverEnds) }
    do throws(Errno) {
      pump = try OutputPump(
        output: pipes.output.read, error: pipes.error.read, onOutput: onOutput)
    } catch {
      ServerPipes.close(pipes.outputEnds + pipes.channelEnds)
      throw ProcessStartError(.system(error), program: program)
    }
    do throws(ProcessStartError) {
      let (id, guardian) = try ProcessSpawner.spawn(
        command, descriptors: pipes.serverEnds, environment: [("NO_COLOR", "1")],
        without: missing)
      process = ChildProcess(id: id, guardian: guardian)
    } catch {
      pump.stop()
      ServerPipes.close(pipes.channelEnds)
      throw error
    }
    self.options = options
    hintChannel = ServerChannel(
      requests: pipes.hints.write, answers: pipes.acknowledgements.read, options: options,
      pump: pump)
    preimageChannel = ServerChannel(
      requests: pipes.keys.write, answers: pipes.preimages.read, options: options, pump: pump)
  }

  deinit { shutdown() }

  /// The server's guard.
  package var guardian: ProcessGuard { process.guardian }

  /// The id of the server's process.
  package var processID: Int32 { process.id }

  /// How the server ended; nil while it runs.
  package var exitStatus: ExitStatus? { process.exitStatus() }

  /// Sends the key, and waits for the whole pre-image.
  ///
  /// - Throws: ``PreimageError``: `stalled` after the timeout, `disconnected` if the server
  ///   ended, closed its side or answered short, `wrong` if it announced more than
  ///   ``PreimageKey/maximumPreimageSize`` bytes, `interrupted` if the run is to stop.
  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let failure { throw failure }
    var length: [UInt8] = []
    var preimage: [UInt8] = []
    var size: UInt64?
    do throws(ServerFault) {
      try preimageChannel.send(key.bytes, to: process)
      try preimageChannel.receive(8, into: &length, from: process)
      let announced = length.bigEndian
      guard announced <= UInt64(PreimageKey.maximumPreimageSize) else {
        throw .oversized(announced)
      }
      size = announced
      try preimageChannel.receive(Int(announced), into: &preimage, from: process)
      return preimage
    } catch {
      let progress =
        size.map { "after \(preimage.count) of the \($0) bytes of a pre-image" }
        ?? (length.isEmpty ? "without a pre-image" : "after \(length.count) bytes of a length")
      throw fail(error.described(key: key, lastHint: lastHint, progress: progress))
    }
  }

  /// Sends the hint, and waits until the server has acknowledged it with one byte.
  ///
  /// - Throws: ``PreimageError`` as `preimage(for:)` does.
  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    lastHint = hint
    if let failure { throw failure }
    guard let size = UInt32(exactly: hint.count) else {
      throw PreimageError(
        .disconnected, lastHint: hint,
        message: "a hint of \(hint.count) bytes does not fit into the protocol's 4-byte length")
    }
    var frame = (0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(24 - 8 * $0)) }
    frame.append(contentsOf: hint)
    var acknowledgement: [UInt8] = []
    do throws(ServerFault) {
      try hintChannel.send(frame, to: process)
      try hintChannel.receive(1, into: &acknowledgement, from: process)
    } catch {
      throw fail(
        error.described(key: nil, lastHint: hint, progress: "without acknowledging a hint"))
    }
  }

  /// Sends the hint in parts, and waits until the server has acknowledged it.
  package func longHint(_ hint: LongHint) throws(PreimageError) {
    lastHint = try hint.bytes(0..<min(hint.count, 256))
    if let failure { throw failure }
    // A hint comes with its length in 4 bytes.
    let size = UInt32(truncatingIfNeeded: hint.count)
    var frame = (0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(24 - 8 * $0)) }
    var sent = 0
    var acknowledgement: [UInt8] = []
    while !frame.isEmpty {
      do throws(ServerFault) { try hintChannel.send(frame, to: process) } catch {
        throw fail(
          error.described(key: nil, lastHint: lastHint, progress: "after \(sent) bytes of a hint"))
      }
      let next = min(hint.count, sent + PendingHint.partSize)
      frame = try hint.bytes(sent..<next)
      sent = next
    }
    do throws(ServerFault) {
      try hintChannel.receive(1, into: &acknowledgement, from: process)
    } catch {
      throw fail(
        error.described(key: nil, lastHint: lastHint, progress: "without acknowledging a hint"))
    }
  }

  /// Ends the server and reaps it: closes its input, waits, then SIGINT to its group, waits, then
  /// SIGKILL; all its output has been handed on at the return.
  ///
  /// Further calls do nothing and return the same report.
  ///
  /// - Parameter isHurried: whether nothing is to be expected of the server.
  @discardableResult
  package func shutdown(isHurried: Bool = false) -> ShutdownReport {
    if let report { return report }
    hintChannel.hangUp()
    preimageChannel.hangUp()
    let isHurried =
      isHurried || failure?.kind == .stalled || failure?.kind == .interrupted
    if failure == nil {
      failure = PreimageError(
        .disconnected, message: "the pre-image server was shut down before this request")
    }
    let done = ServerShutdown(
      process: process, pump: pump, grace: isHurried ? options.hurriedGrace : options.grace,
      options: options
    ).run()
    report = done
    return done
  }

  private func fail(_ error: PreimageError) -> PreimageError {
    failure = error
    return error
  }
}

internal import FalconetELF
internal import FalconetInsight
internal import FalconetMachine
internal import FalconetProofs
internal import FalconetRun
internal import FalconetSnapshots
internal import FalconetStreams
internal import FalconetTrace

/// A virtual machine: the state of a program, its memory, and where its pre-images come from.
///
/// ```swift
/// let machine = try Machine(contentsOf: "state.bin.gz")
/// machine.preimages = .directory("preimages")
/// try machine.run(until: 1_000_000)
/// print(machine.claim())
/// try machine.save(to: "state-1000000.bin.gz")
/// ```
///
/// A machine belongs to one thread at a time. After an error it is in the state before the step that
/// failed, which can be saved, and it can go on from there.
public final class Machine {
  let inner: FalconetMachine.Machine
  private let source = HintedOracle()
  private let current = CurrentCancellation()

  /// Where pre-images come from, and hints go. Opened when the next step is executed.
  public var preimages: PreimageSource = .none {
    didSet { source.disconnect() }
  }

  /// Takes what the program writes to its standard output and error, in parts.
  public var onOutput: (GuestStream, [UInt8]) -> Void = { _, _ in }

  private init(_ image: MemoryImage, _ revision: Revision?) throws(FalconetError) {
    let chosen: FalconetMachine.Revision
    if let revision {
      guard revision.value.version == image.state.version else {
        throw FalconetError(
          .invalidArgument,
          "the revision is one of state version \(revision.stateVersion), and the state is of"
            + " \(StateVersion(image.state.version))")
      }
      chosen = revision.value
    } else {
      do { chosen = try .chosen(for: image.state) } catch { throw FalconetError(error) }
    }
    inner = FalconetMachine.Machine(
      state: image.state, memory: image.memory, oracle: source, revision: chosen)
    inner.shouldInterrupt = { [current] in current.isCancelled }
    inner.onOutput = { [unowned self] in onOutput($0 == .output ? .output : .error, $1) }
  }

  /// A machine with the state of a snapshot, of any format, compressed or not.
  ///
  /// - Parameters:
  ///   - path: the file. Bases of a delta are looked for beside it.
  ///   - format: the file's format; nil goes by the content.
  ///   - revision: whose rules steps are executed by; nil is the one that the snapshot records, or
  ///     the newest of its version.
  public convenience init(
    contentsOf path: String, format: SnapshotFormat? = nil, revision: Revision? = nil
  ) throws(FalconetError) {
    let image: MemoryImage
    do { image = try FalconetSnapshots.Snapshot.load(path: path, from: format?.value) } catch {
      throw FalconetError(error)
    }
    try self.init(image, revision)
  }

  /// A machine with the state of a snapshot in memory.
  public convenience init(
    snapshot bytes: [UInt8], format: SnapshotFormat? = nil, revision: Revision? = nil
  ) throws(FalconetError) {
    let image: MemoryImage
    do {
      image = try FalconetSnapshots.Snapshot.load(
        from: MemorySource(bytes), SnapshotReading(from: format?.value))
    } catch { throw FalconetError(error) }
    try self.init(image, revision)
  }

  /// A machine about to execute a program's first instruction: its prestate.
  ///
  /// - Throws: ``FalconetError`` if the program is not one that the version can load.
  public convenience init(
    _ program: Program, version: StateVersion, revision: Revision? = nil
  ) throws(FalconetError) {
    let prestate: Prestate
    do { prestate = try Prestate.load(program.elf, version: version.value) } catch {
      throw FalconetError(error)
    }
    try self.init(MemoryImage(state: prestate.state, memory: prestate.memory), revision)
  }

  // MARK: The state

  /// The version of the state.
  public var stateVersion: StateVersion { StateVersion(inner.version) }

  /// The revision whose rules steps are executed by.
  public var revision: Revision { Revision(inner.revision) }

  /// Steps executed since the program's start. After 2^64 - 1 the count goes on with 0.
  public var step: UInt64 { inner.step }

  /// The exit code, or nil if the program has not exited.
  public var exitCode: UInt8? { inner.hasExited ? inner.state.scalars.exitCode : nil }

  /// The claim of the current state. Hashes the pages that changed since the last claim or proof.
  public func claim() -> Claim { Claim(inner.claim()) }

  /// The witness of the current state: what ``claim()`` is the hash of.
  public func witness() -> [UInt8] { inner.witness() }

  /// The threads, the active one first.
  public var threads: [GuestThread] {
    let state = inner.state
    let active = state.threads.stack(state.scalars.activeSide)
    return active.reversed().map { GuestThread($0) }
      + state.threads.stack(state.scalars.activeSide.other).reversed().map { GuestThread($0) }
  }

  /// Bytes of the program's memory. The range wraps at the end of the address space; pages that the
  /// program never wrote read as zeros.
  public func memory(at address: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    if count > 0 { inner.memory.read(into: &bytes, from: address, count: count) }
    return bytes
  }

  // MARK: Settings

  /// How steps are executed. All engines give the same states.
  public var engine: Engine {
    get { Engine(inner.engine) }
    set { inner.engine = newValue.value }
  }

  /// Bytes of memory that the program may have: a step that would make it more fails.
  public var memoryLimit: UInt64 {
    get {
      UInt64(inner.pageLimit).multipliedReportingOverflow(by: 4096).overflow
        ? .max : UInt64(inner.pageLimit) * 4096
    }
    set { inner.pageLimit = Int(clamping: newValue / 4096) }
  }

  // MARK: Running

  /// Executes until `step` steps are executed in all, or the program exits.
  ///
  /// - Parameter cancellation: what another thread ends the run by.
  /// - Returns: ``StopReason/step``, ``StopReason/exited`` or ``StopReason/cancelled``.
  @discardableResult
  public func run(
    until step: UInt64 = .max, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> StopReason {
    let reason = try execute(cancellation) { () throws(MachineError) in
      try inner.run(until: step)
    }
    return switch reason {
    case .step: .step
    case .exited: .exited
    case .preimageRead: .preimageRead
    case .stopRange: .address
    case .interrupted, nil: .cancelled
    }
  }

  /// Executes with what `events` asks for on the way.
  public func run(_ events: RunEvents) throws(FalconetError) -> StopReason {
    try connect(events.cancellation)
    inner.stopRange = events.stopAddresses
    defer {
      inner.stopRange = nil
      current.set(nil)
    }
    do throws(EventFailure) {
      return StopReason(try inner.run(events.schedule, Events(events, self)))
    } catch {
      switch error {
      case .machine(let failure):
        guard let failure = reported(failure) else { return .cancelled }
        throw failure
      case .caller(let cause): throw FalconetError(cause: cause)
      }
    }
  }

  /// Executes one step, and gives the proof of it.
  ///
  /// - Returns: nil if the program has exited.
  public func prove() throws(FalconetError) -> Proof? {
    let witness = try execute(nil) { () throws(MachineError) in try inner.prove() }
    guard let witness = witness ?? nil else { return nil }
    return Proof(StepProof(witness), inner.version)
  }

  /// Executes as ``run(until:cancellation:)`` does, and counts where the steps go.
  ///
  /// - Parameter program: names the functions; without it only addresses are known.
  public func profile(
    until step: UInt64 = .max, program: Program? = nil, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Profile {
    let profiler = Profiler(
      inner, symbols: program?.guest.symbols, frames: program?.guest.frames)
    _ = try execute(cancellation) { () throws(MachineError) in try profiler.run(until: step) }
    return Profile(profiler.profile)
  }

  /// The calls that each thread is in, as lines of text in the manner of Go's tracebacks.
  public func traceback(program: Program? = nil) -> [String] {
    (program?.guest ?? GuestProgram(symbols: nil)).traceback(of: inner).lines()
  }

  // MARK: Saving

  /// Writes the state to a file, which appears whole or not at all.
  ///
  /// - Parameters:
  ///   - path: a name that ends in `.gz` is compressed with gzip.
  ///   - format: nil goes by the name: `.bin`, `.json` or `.fsnap`.
  public func save(to path: String, format: SnapshotFormat? = nil) throws(FalconetError) {
    do {
      try FalconetSnapshots.Snapshot.save(MemoryImage(inner), path: path, to: format?.value)
    } catch { throw FalconetError(error) }
  }

  /// The state as a snapshot in memory, not compressed.
  public func snapshot(as format: SnapshotFormat = .bin) throws(FalconetError) -> [UInt8] {
    let sink = MemorySink()
    do {
      try FalconetSnapshots.Snapshot.write(MemoryImage(inner), to: sink, as: format.value)
    } catch { throw FalconetError(error) }
    return sink.bytes
  }
}

// MARK: - Execution

extension Machine {
  /// Opens the source if it is not open.
  private func connect(_ cancellation: Cancellation?) throws(FalconetError) {
    current.set(cancellation)
    guard !source.isConnected else { return }
    do {
      source.connect(try preimages.value.open { [current] in current.isCancelled }.oracle)
    } catch { throw FalconetError(error) }
  }

  /// Does what executes steps.
  ///
  /// - Returns: nil if a request for a pre-image was cancelled.
  private func execute<Value>(
    _ cancellation: Cancellation?, _ body: () throws(MachineError) -> Value
  ) throws(FalconetError) -> Value? {
    try connect(cancellation)
    defer { current.set(nil) }
    do throws(MachineError) { return try body() } catch {
      guard let failure = reported(error) else { return nil }
      throw failure
    }
  }

  /// The error to report; nil if the caller cancelled a request. The source is then opened again for
  /// the next one, since a conversation with a server can't be taken up in the middle.
  private func reported(_ error: MachineError) -> FalconetError? {
    guard case .preimage(let failure, _, _) = error, failure.kind == .interrupted else {
      return FalconetError(error)
    }
    source.disconnect()
    return nil
  }
}

/// Why a run with events ended early.
private enum EventFailure: Error {
  case machine(MachineError)
  case caller(any Error)
}

/// Calls the closures of a caller's events.
private struct Events: RunObserver {
  typealias Failure = EventFailure

  let events: RunEvents
  let machine: Machine

  init(_ events: RunEvents, _ machine: Machine) {
    self.events = events
    self.machine = machine
  }

  func report() throws(EventFailure) { try call { try events.onProgress(machine) } }

  func snapshot() throws(EventFailure) { try call { try events.onSnapshot(machine) } }

  func proved(_ witness: StepWitness) throws(EventFailure) {
    try call { try events.onProof(Proof(StepProof(witness), machine.inner.version)) }
  }

  func stops(after read: PreimageRead, step: UInt64) -> Bool { true }

  func failure(_ error: MachineError) -> EventFailure { .machine(error) }

  private func call(_ body: () throws -> Void) throws(EventFailure) {
    do { try body() } catch { throw .caller(error) }
  }
}

internal import FalconetELF
internal import FalconetInsight
internal import FalconetMachine
internal import FalconetProofs
internal import FalconetRun
internal import FalconetSnapshots
internal import FalconetStreams
internal import FalconetTrace
internal import Synchronization

/// A virtual machine: the state of a program, its memory, and its source of pre-images.
///
/// ```swift
/// let machine = try Machine(contentsOf: "state.bin.gz")
/// machine.preimages = .directory("preimages")
/// try machine.run(until: 1_000_000)
/// print(machine.claim())
/// try machine.save(to: "state-1000000.bin.gz")
/// ```
///
/// One thread at a time may use a machine. After an error it is in the state before the step that
/// failed, which can be saved, and it can continue from there.
public final class Machine {
  let inner: FalconetMachine.Machine
  private let source = HintedOracle()
  private let current = CurrentCancellation()
  private var isExecuting = false
  /// Made by the first ``callStack(program:limit:)``.
  var unwinder: Unwinder?

  /// The source of pre-images, which also receives hints. Opened when the next step is executed.
  public var preimages: PreimageSource = .none {
    didSet { source.disconnect() }
  }

  /// Receives what the program writes to its standard output and error, in parts.
  public var onOutput: (GuestStream, [UInt8]) -> Void = { _, _ in }

  /// A machine that goes on from a state of another.
  ///
  /// - Parameter lastHint: what its source must get before the first request.
  convenience init(
    _ image: MemoryImage, _ revision: Revision?, preimages: PreimageSource, lastHint: [UInt8]?
  ) throws(FalconetError) {
    try self.init(image, revision)
    self.preimages = preimages
    source.hint = lastHint
  }

  private init(_ image: MemoryImage, _ revision: Revision?) throws(FalconetError) {
    let chosen: FalconetMachine.Revision
    if let revision {
      guard revision.value.version == image.state.version else {
        throw FalconetError(
          .invalidArgument,
          "the revision \(revision) is not one of state version \(StateVersion(image.state.version)),"
            + " which the state has")
      }
      chosen = revision.value
    } else {
      do { chosen = try .chosen(for: image.state) } catch { throw FalconetError(error) }
    }
    inner = FalconetMachine.Machine(
      state: image.state, memory: image.memory, oracle: source, revision: chosen)
    inner.shouldInterrupt = { [current] in current.isRequested }
    inner.onOutput = { [unowned self] in onOutput($0 == .output ? .output : .error, $1) }
  }

  /// A machine with the state of a snapshot, of any format, compressed or not.
  ///
  /// - Parameters:
  ///   - path: the file. The bases of a delta are looked up in its directory.
  ///   - format: the file's format. Nil recognizes it by the content.
  ///   - revision: the revision by whose rules steps are executed. Nil is the one that the snapshot
  ///     records, or else the newest of its version.
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
  /// - Throws: ``FalconetError`` if the version cannot load the program.
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

  /// The revision by whose rules steps are executed. It also tells the state version.
  public var revision: Revision { Revision(inner.revision) }

  /// Steps executed since the program's start. After 2^64 - 1 the count continues with 0.
  public var step: UInt64 { inner.step }

  /// The exit code, or nil if the program has not exited.
  public var exitCode: UInt8? { inner.hasExited ? inner.state.scalars.exitCode : nil }

  /// The claim of the current state. Hashes the pages that changed since the last claim or proof.
  public func claim() -> Claim { Claim(inner.claim()) }

  /// The witness of the current state, of which ``claim()`` is the hash.
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

  /// The instructions at an address, as an assembler writes them. The range wraps at the end of the address
  /// space.
  public func disassembly(
    at address: UInt64, count: Int
  ) -> [(address: UInt64, bits: UInt32, text: String)] {
    let bytes = memory(at: address, count: max(count, 0) * 4)
    return stride(from: 0, to: bytes.count, by: 4).map { offset in
      let bits = bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let pc = address &+ UInt64(offset)
      return (pc, bits, Disassembly.text(Instruction(bits), at: pc, under: inner.rules))
    }
  }

  // MARK: Settings

  /// The engine that executes steps. All engines lead to the same states.
  public var engine: Engine {
    get { Engine(inner.engine) }
    set { inner.engine = newValue.value }
  }

  /// The most bytes of memory that the program may have. A step that needs more fails.
  public var memoryLimit: UInt64 {
    get {
      UInt64(inner.pageLimit).multipliedReportingOverflow(by: 4096).overflow
        ? .max : UInt64(inner.pageLimit) * 4096
    }
    set { inner.pageLimit = Int(clamping: newValue / 4096) }
  }

  // MARK: Running

  /// Executes until `step` steps have been executed in total, the program exits, or an event stops the
  /// run. A machine past that step does nothing.
  ///
  /// - Parameters:
  ///   - step: the steps since the program's start after which the run stops.
  ///   - events: what happens on the way.
  ///   - cancellation: lets another thread end the run.
  @discardableResult
  public func run(
    until step: UInt64 = .max, events: RunEvents = RunEvents(), cancellation: Cancellation? = nil
  ) throws(FalconetError) -> StopReason {
    let observer = EventObserver(events: events, machine: self, cancellation: cancellation)
    let end = try execute(cancellation) { () throws(EventFailure) in
      inner.stopRange = events.stopAddresses
      defer { inner.stopRange = nil }
      return try inner.run(until: step, events.schedule, observer)
    }
    return end.map { StopReason($0) } ?? .cancelled
  }

  /// Executes one step, and returns its proof.
  ///
  /// - Returns: nil if the program has exited.
  public func prove() throws(FalconetError) -> Proof? {
    let witness = try execute(nil) { () throws(EventFailure) in
      do throws(MachineError) { return try inner.prove() } catch { throw .machine(error) }
    }
    guard let witness = witness ?? nil else { return nil }
    return Proof(StepProof(witness), inner.version)
  }

  // MARK: Saving

  /// Writes the state to a file, which appears completely or not at all.
  ///
  /// - Parameters:
  ///   - path: if it ends in `.gz`, the file is compressed with gzip.
  ///   - format: nil selects the format by the name: `.bin`, `.json` or `.fsnap`.
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
  /// Opens the source of pre-images if it is not open.
  func connect() throws(FalconetError) {
    guard !source.isConnected else { return }
    do {
      let cancellation = FalconetStreams.Cancellation { [current] in current.isRequested }
      source.connect(try preimages.value.open(cancellation).oracle, isChecked: true)
    } catch { throw FalconetError(error) }
  }

  /// Does what executes steps, with the source of pre-images open.
  ///
  /// - Returns: nil if the caller cancelled it.
  func execute<Value>(
    _ cancellation: Cancellation?, _ body: () throws(EventFailure) -> Value
  ) throws(FalconetError) -> Value? {
    guard !isExecuting else {
      throw FalconetError(
        .invalidArgument, "the machine is executing the run that this closure is part of")
    }
    isExecuting = true
    current.set(cancellation)
    defer {
      current.set(nil)
      isExecuting = false
    }
    try connect()
    let value: Value
    do throws(EventFailure) { value = try body() } catch {
      // The error of the run says more than one of files that are written beside it.
      try? source.flush()
      switch error {
      case .cancelled: return nil
      case .caller(let cause): throw FalconetError(cause: cause)
      case .machine(.preimage(let failure, _, _)) where failure.kind == .interrupted:
        // The source is reopened for the next run, since a conversation with a server cannot continue
        // in the middle.
        source.disconnect()
        return nil
      case .machine(let failure): throw preimages.completed(FalconetError(failure))
      }
    }
    do throws(PreimageError) { try source.flush() } catch { throw FalconetError(error) }
    return value
  }
}

/// The cancellation of the run in progress, for closures that were made before it.
private final class CurrentCancellation: Sendable {
  private let value = Mutex<Cancellation?>(nil)

  func set(_ cancellation: Cancellation?) { value.withLock { $0 = cancellation } }

  var isRequested: Bool { value.withLock { $0?.isRequested ?? false } }
}

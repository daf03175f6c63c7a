import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Where a trace comes from.
public struct TraceSource: Sendable {
  /// Reads the prestate.
  public var prestate: @Sendable () throws(StreamError) -> MemoryImage
  /// Opens the source of pre-images. Called again after it failed.
  public var preimages: @Sendable () throws(PreimageError) -> any PreimageOracle

  public init(
    prestate: @escaping @Sendable () throws(StreamError) -> MemoryImage,
    preimages: @escaping @Sendable () throws(PreimageError) -> any PreimageOracle
  ) {
    self.prestate = prestate
    self.preimages = preimages
  }
}

/// Answers questions about a trace, one after the other: what ``TraceProvider`` makes safe to use from
/// several threads.
final class TraceCore {
  private let source: TraceSource
  private let options: TraceOptions
  let folder: TraceFolder
  let claims: ClaimLog
  let snapshots: SnapshotShelf
  let version: StateVersion
  let prestate: (claim: Bytes32, witness: [UInt8], step: UInt64)
  private(set) var end: TraceEnd?
  private var policy = RetentionPolicy()

  private var machine: Machine?
  private var checkpoints: CheckpointShelf?
  private var needsSource = true
  /// Steps executed since the provider was opened.
  private(set) var executed: UInt64 = 0
  /// Is asked now and then whether to stop.
  var shouldInterrupt: @Sendable () -> Bool = { false }

  /// What loading a state from a file takes, in steps that could be executed meanwhile.
  private static let loadCost: UInt64 = 200_000_000
  /// The fewest steps between checkpoints that are taken on the way.
  private static let leastSpacing: UInt64 = 2_000_000

  init(folder path: String, _ source: TraceSource, _ options: TraceOptions) throws(TraceError) {
    self.source = source
    self.options = options
    folder = try TraceFolder(path)
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    version = image.state.version
    let witness = image.state.witness(memoryRoot: image.memory.root())
    prestate = (image.state.claim(witness: witness), witness, image.state.scalars.step)
    try folder.identify(version, prestate: prestate.claim, step: prestate.step)
    claims = try ClaimLog(folder)
    snapshots = try SnapshotShelf(folder, claims, options)
    end = folder.storedEnd(version)
    if let end { policy.note(reached: end.index + 1) }
    use(image)
  }

  var incidents: [TraceIncident] { folder.incidents }
  var snapshotSteps: [UInt64] { snapshots.steps }
  var checkpointSteps: [UInt64] { checkpoints?.checkpoints.map(\.step) ?? [] }
  var knownClaims: Int { claims.claims.count }
  func size() throws(TraceError) -> UInt64 { try folder.size() }
  func prune() throws(TraceError) {
    try snapshots.settle(policy)
    try snapshots.thin(policy)
  }
  func deleteAll() throws(TraceError) {
    try? snapshots.settle(policy)
    machine = nil
    checkpoints = nil
    try folder.deleteAll()
  }

  // MARK: Answers

  func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    if let end, index >= end.index {
      return TraceClaim(index: index, claim: end.claim, isPastEnd: index > end.index)
    }
    if let claim = claims.claims[index] {
      return TraceClaim(index: index, claim: claim, isPastEnd: false)
    }
    let after = index.addingReportingOverflow(1)
    let machine = try advance(to: after.overflow ? .max : after.partialValue)
    if let end, index >= end.index {
      return TraceClaim(index: index, claim: end.claim, isPastEnd: index > end.index)
    }
    let claim = machine.claim()
    try claims.add(index, claim)
    return TraceClaim(index: index, claim: claim, isPastEnd: false)
  }

  func step(at index: UInt64) throws(TraceError) -> TraceStep {
    if let past = pastEnd(index) { return past }
    if let stored = folder.storedStep(index, version: version, claim: claims.claims[index]) {
      return TraceStep(index: index, proof: stored, isPastEnd: false)
    }
    let machine = try advance(to: index)
    if let past = pastEnd(index) { return past }
    let before = machine.step
    let witness: StepWitness?
    do { witness = try machine.prove() } catch { throw failed(error) }
    executed += machine.step - before
    try noteEnd(machine)
    guard let witness else { return try finalStep(index) }
    let proof = StepProof(witness)
    try folder.store(proof, at: folder.proof(index))
    try claims.add(index, proof.post)
    return TraceStep(index: index, proof: proof, isPastEnd: false)
  }

  func lastStep() throws(TraceError) -> TraceEnd {
    if let end { return end }
    _ = try advance(to: .max)
    guard let end else { throw .interrupted }
    return end
  }

  private func pastEnd(_ index: UInt64) -> TraceStep? {
    guard let end, index > end.index else { return nil }
    let proof = StepProof(post: end.claim, stateData: end.witness, proofData: [])
    return TraceStep(index: end.index, proof: proof, isPastEnd: true)
  }

  private func finalStep(_ index: UInt64) throws(TraceError) -> TraceStep {
    guard let past = pastEnd(index) else { throw .interrupted }
    return past
  }

  // MARK: Execution

  private func use(_ image: MemoryImage) {
    let machine = Machine(state: image.state, memory: image.memory, engine: options.engine)
    machine.shouldInterrupt = { [unowned self] in shouldInterrupt() }
    self.machine = machine
    checkpoints = CheckpointShelf(machine, options)
    needsSource = true
    checkpoints?.keep(policy)
  }

  /// Brings the machine to a step, or to the end of the trace where that comes first.
  func advance(to step: UInt64) throws(TraceError) -> Machine {
    let machine = try machineNearest(to: step)
    try connect(machine)
    let spacing = max(Self.leastSpacing, max(policy.end, machine.step) / 32)
    while machine.step < step, !machine.hasExited {
      if shouldInterrupt() { throw .interrupted }
      let nextCheckpoint = next(spacing, after: machine.step)
      let nextSnapshot = next(options.snapshotInterval, after: machine.step)
      try run(machine, until: min(step, nextCheckpoint, nextSnapshot))
      policy.note(reached: machine.step)
      guard !machine.hasExited else { break }
      if machine.step == nextSnapshot, !snapshots.has(nextSnapshot) {
        try snapshots.store(machine, policy)
      }
      if machine.step == nextCheckpoint { checkpoints?.keep(policy) }
    }
    policy.note(question: machine.step)
    checkpoints?.keep(policy)
    try noteEnd(machine)
    try snapshots.settle(policy)
    return machine
  }

  private func next(_ interval: UInt64, after step: UInt64) -> UInt64 {
    let (next, overflow) = (step / interval * interval).addingReportingOverflow(interval)
    return overflow ? .max : next
  }

  private func run(_ machine: Machine, until step: UInt64) throws(TraceError) {
    let before = machine.step
    defer { executed += machine.step - before }
    let reason: StopReason
    do { reason = try machine.run(until: step) } catch { throw failed(error) }
    if reason == .interrupted { throw .interrupted }
  }

  /// A machine at or before a step, as near as is worth getting: where it is, a checkpoint of it, or
  /// a state in a file.
  private func machineNearest(to step: UInt64) throws(TraceError) -> Machine {
    var inMemory = checkpoints?.nearest(to: step)?.step
    let isAhead = machine.map { $0.step > step } ?? true
    if let machine, !isAhead, inMemory.map({ machine.step >= $0 }) ?? true {
      inMemory = machine.step
    }
    while let stored = snapshots.nearest(to: step),
      inMemory.map({ stored > $0 && stored - $0 > Self.loadCost }) ?? true
    {
      if let image = try snapshots.load(stored) {
        use(image)
        break
      }
    }
    if let machine, machine.step <= step, inMemory == machine.step || inMemory == nil {
      return machine
    }
    if let machine, let checkpoint = checkpoints?.nearest(to: step) {
      if machine.step > step || machine.step < checkpoint.step { machine.restore(checkpoint) }
      return machine
    }
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    use(image)
    guard let machine else { throw .interrupted }
    return machine
  }

  private func connect(_ machine: Machine) throws(TraceError) {
    guard needsSource else { return }
    do { machine.oracle = try source.preimages() } catch { throw .source(error) }
    needsSource = false
  }

  /// What failed; the source is opened anew where it was that.
  private func failed(_ error: MachineError) -> TraceError {
    if case .preimage(let failure, _, _) = error {
      needsSource = true
      machine?.oracle = NoPreimages()
      if failure.kind == .interrupted { return .interrupted }
    }
    return .machine(error)
  }

  private func noteEnd(_ machine: Machine) throws(TraceError) {
    guard machine.hasExited, end == nil, machine.step > 0 else { return }
    let witness = machine.witness()
    let claim = machine.state.claim(witness: witness)
    let index = machine.step - 1
    var proof = StepProof(post: claim, stateData: witness, proofData: [])
    proof.step = machine.step
    end = TraceEnd(index: index, claim: claim, witness: witness)
    policy.note(reached: machine.step)
    try folder.store(proof, at: folder.last)
    try claims.add(index, claim)
  }
}

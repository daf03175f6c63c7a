import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak
import Synchronization

/// Answers questions about a trace.
///
/// What is known already may be asked for from any thread: `known…`. The rest is for one thread at
/// a time: see ``TraceProvider``.
final class TraceCore {
  let source: TraceSource
  let options: TraceOptions
  let folder: TraceFolder
  let claims: ClaimLog
  let snapshots: SnapshotShelf
  let prestate: TracePrestate
  let interruption = TraceInterruption()
  private let ending = Mutex<TraceEnd?>(nil)
  private let presence = Mutex(Presence.there)

  private enum Presence {
    case there, leaving, gone
  }

  var policy = RetentionPolicy()
  /// Made when the first step is to be executed.
  var machine: Machine?
  var checkpoints: CheckpointShelf?
  let oracle = HintedOracle()
  let inputCheck = Mutex(InputCheck.none)
  /// Why the source's last answer was not taken.
  var inputFailure: TraceError?
  /// Steps executed since the provider was opened.
  var executed: UInt64 = 0

  init(folder path: String, _ source: TraceSource, _ options: TraceOptions) throws(TraceError) {
    self.source = source
    self.options = options
    // A folder that isn't there yet is made once the prestate could be read.
    let existing = try TraceFolder.ifPresent(path, isRequired: !options.makesFolder)
    let opened = try OpenedPrestate(source, existing)
    folder = if let existing { existing } else { try TraceFolder(path) }
    prestate = opened.prestate
    try folder.clearNames()
    try folder.identify(prestate.name)
    let steps = try folder.takeStock()
    claims = try ClaimLog(folder, prestate.name)
    snapshots = SnapshotShelf(folder, claims, steps, first: prestate.step, options)
    if let end = folder.storedEnd(prestate.revision, claims) {
      ending.withLock { $0 = end }
      policy.note(end: end.index + 1)
    }
    if let image = opened.image { use(image, hint: nil) }
    // What was put aside may have been too much, or the budget is another. A folder that can't be
    // written says so when it is to be.
    try? snapshots.makeRoom(for: 0, policy)
    opened.note(in: folder, hasRoom: snapshots.hasRoom)
    oracle.inspectLocal = { [unowned self] (key, value) throws(PreimageError) in
      try take(key, value)
    }
  }

  var version: StateVersion { prestate.version }

  // MARK: What is known

  var end: TraceEnd? { ending.withLock { $0 } }

  /// Throws where the provider can't answer any more, or never what was asked.
  func check(_ index: UInt64) throws(TraceError) {
    try checkExists()
    if index < prestate.step, index &+ 1 != prestate.step {
      throw .beforePrestate(index: index, step: prestate.step)
    }
  }

  func checkExists() throws(TraceError) {
    if presence.withLock({ $0 != .there }) { throw .deleted(path: folder.path.fileName) }
  }

  func knownClaim(_ index: UInt64) -> TraceClaim? {
    if let end, index >= end.index {
      return TraceClaim(index: index, claim: end.claim, isPastEnd: index > end.index)
    }
    let isPrestate = prestate.step > 0 && index == prestate.step - 1
    let claim = isPrestate ? prestate.claim : claims[index]
    return claim.map { TraceClaim(index: index, claim: $0, isPastEnd: false) }
  }

  /// - Parameter isAlone: whether no other thread answers questions meanwhile, so that a wrong file
  ///   may be put aside.
  func knownStep(_ index: UInt64, isAlone: Bool) -> TraceStep? {
    if let end, index > end.index {
      return TraceStep(index: end.index, proof: end.proof, isPastEnd: true)
    }
    return storedStep(index, putsAside: isAlone).map {
      TraceStep(index: index, proof: $0, isPastEnd: false)
    }
  }

  /// The step data of an index in its file, if it is there and right.
  func storedStep(_ index: UInt64, putsAside: Bool) -> StepProof? {
    folder.storedStep(
      index, revision: prestate.revision,
      before: index == prestate.step ? prestate.claim : claims[index &- 1],
      claim: claims[index], inputs: claims.inputs, putsAside: putsAside)
  }

  // MARK: Answers

  func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    try check(index)
    try checkInputs()
    if let known = knownClaim(index) { return known }
    guard index < .max else {
      // No number of steps comes after this index: its claim comes with its proof.
      let last = try step(at: index)
      return TraceClaim(index: index, claim: last.proof.post, isPastEnd: last.isPastEnd)
    }
    let machine = try advance(to: index + 1)
    if let known = knownClaim(index) { return known }
    let claim = machine.claim()
    try log(index, claim)
    return TraceClaim(index: index, claim: claim, isPastEnd: false)
  }

  func step(at index: UInt64) throws(TraceError) -> TraceStep {
    try check(index)
    // The prestate shows nothing of the step that led to it.
    guard index >= prestate.step else {
      throw .beforePrestate(index: index, step: prestate.step)
    }
    try checkInputs()
    if let known = knownStep(index, isAlone: true) { return known }
    let machine = try advance(to: index)
    if let known = knownStep(index, isAlone: true) { return known }
    guard let witness = try prove(machine), let known = try keep(StepProof(witness), at: index)
    else { throw .interrupted }
    return known
  }

  func lastStep() throws(TraceError) -> TraceEnd {
    try checkExists()
    try checkInputs()
    if let end { return end }
    _ = try advance(to: .max)
    guard let end else {
      throw .file(
        StreamError(
          .tooLarge, path: folder.path.fileName,
          message: "the program does not exit before step 2^64 - 1, the last one that has a number")
      )
    }
    return end
  }

  // MARK: Keeping

  /// Keeps step data that holds, and the claims around it.
  func keep(_ proof: StepProof, at index: UInt64) throws(TraceError) -> TraceStep? {
    try log(proof, at: index)
    try save(proof, at: index)
    return TraceStep(index: index, proof: proof, isPastEnd: false)
  }

  func log(_ index: UInt64, _ claim: Bytes32) throws(TraceError) { try log([(index, claim)]) }

  /// Logs the claims before and after a step, or neither if one contradicts what is known.
  func log(_ proof: StepProof, at index: UInt64) throws(TraceError) {
    var new: [(UInt64, Bytes32)] = []
    if let pre = proof.pre {
      if index > prestate.step {
        new.append((index - 1, pre))
      } else if pre != prestate.claim {
        throw .contradiction(index: index &- 1, known: prestate.claim, computed: pre)
      }
    }
    try log(new + [(index, proof.post)])
  }

  private func log(_ new: [(index: UInt64, claim: Bytes32)]) throws(TraceError) {
    let count = new.count { claims[$0.index] == nil }
    if count > 0 { try snapshots.makeRoom(for: UInt64(count * ClaimRecord.size), policy) }
    try claims.add(new)
  }

  /// Writes step data, if there is room for it. It can be computed again, and the one who asks for
  /// it may not have the time to wait until there is.
  private func save(_ proof: StepProof, at index: UInt64) throws(TraceError) {
    let bytes = try proof.compressed()
    let file = folder.proof(index)
    do throws(TraceError) {
      let (needed, budget) = (UInt64(bytes.count), options.diskBudget)
      // Nothing is given up for what has no room in any case.
      guard needed + folder.fixedSize <= budget else {
        throw .budget(path: folder.path.fileName, budget: budget, needed: needed)
      }
      try snapshots.makeRoom(for: needed, policy)
      try folder.write(bytes, to: file)
      folder.noteKept()
    } catch {
      guard error.isWantOfRoom else { throw error }
      folder.noteUnkept(file, error)
    }
  }

  func keep(_ end: TraceEnd) throws(TraceError) {
    if let known = self.end {
      guard known == end else {
        throw .contradiction(index: known.index, known: known.claim, computed: end.claim)
      }
      return
    }
    try log(end.index, end.claim)
    var proof = end.proof
    proof.step = end.index &+ 1
    let bytes = try proof.compressed()
    try snapshots.makeRoom(for: UInt64(bytes.count), policy)
    try folder.write(bytes, to: folder.last)
    ending.withLock { $0 = end }
    policy.note(end: end.index &+ 1)
  }

  // MARK: The folder

  func prune() throws(TraceError) {
    try checkExists()
    try snapshots.settle()
    try snapshots.makeRoom(for: 0, policy)
  }

  func deleteAll() throws(TraceError) {
    // Can be tried again where not all could be deleted.
    if presence.withLock({ $0 == .gone }) { throw .deleted(path: folder.path.fileName) }
    do { try folder.checkPlace() } catch { throw .file(error) }
    presence.withLock { $0 = .leaving }
    try? snapshots.settle()
    machine = nil
    checkpoints = nil
    oracle.disconnect()
    try folder.deleteAll()
    presence.withLock { $0 = .gone }
  }
}

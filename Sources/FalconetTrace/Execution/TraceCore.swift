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
    if let end = folder.storedEnd(prestate.version, claims) {
      ending.withLock { $0 = end }
      policy.note(end: end.index + 1)
    }
    if let image = opened.image { use(image, hint: nil) }
    // What was put aside may have been too much, or the budget is another. A folder that can't be
    // written says so when it is to be.
    try? snapshots.makeRoom(for: 0, policy)
    opened.note(in: folder, hasRoom: snapshots.hasRoom)
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
    return folder.storedStep(
      index, version: version, claim: claims[index], putsAside: isAlone
    ).map { TraceStep(index: index, proof: $0, isPastEnd: false) }
  }

  // MARK: Answers

  func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    try check(index)
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
    if let known = knownStep(index, isAlone: true) { return known }
    let machine = try advance(to: index)
    if let known = knownStep(index, isAlone: true) { return known }
    guard let witness = try prove(machine), let known = try keep(StepProof(witness), at: index)
    else { throw .interrupted }
    return known
  }

  func lastStep() throws(TraceError) -> TraceEnd {
    try checkExists()
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
  private func keep(_ proof: StepProof, at index: UInt64) throws(TraceError) -> TraceStep? {
    if index > prestate.step, let pre = proof.pre { try log(index - 1, pre) }
    try log(index, proof.post)
    try save(proof, at: index)
    return TraceStep(index: index, proof: proof, isPastEnd: false)
  }

  func log(_ index: UInt64, _ claim: Bytes32) throws(TraceError) {
    if claims[index] == nil {
      try snapshots.makeRoom(for: UInt64(ClaimRecord.size), policy)
    }
    try claims.add(index, claim)
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
    guard self.end == nil else { return }
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

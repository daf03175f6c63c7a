import FalconetMachine
import FalconetProofs
import FalconetStreams
import FalconetSystem
import Keccak
import Synchronization
import SystemPackage

/// The answers that are known: claims, step data, and the end of the trace.
///
/// A file of step data counts only together with its claim in ``ClaimLog``, which is written first.
/// What is known may be asked for from any thread; the rest is for one thread at a time.
final class AnswerCache {
  let directory: TraceDirectory
  let claims: ClaimLog
  let prestate: TracePrestate
  private let snapshots: SnapshotCache
  private let ending = Mutex<TraceEnd?>(nil)

  init(
    _ directory: TraceDirectory, _ claims: ClaimLog, _ snapshots: SnapshotCache,
    _ prestate: TracePrestate
  ) {
    self.directory = directory
    self.claims = claims
    self.snapshots = snapshots
    self.prestate = prestate
    guard let end = storedEnd() else { return }
    ending.withLock { $0 = end }
    snapshots.policy.record(end: end.index + 1)
  }

  // MARK: What is known

  var end: TraceEnd? { ending.withLock { $0 } }

  func claim(at index: UInt64) -> TraceClaim? {
    if let end, index >= end.index {
      return TraceClaim(index: index, claim: end.claim, isPastEnd: index > end.index)
    }
    let isPrestate = prestate.step > 0 && index == prestate.step - 1
    let claim = isPrestate ? prestate.claim : claims[index]
    return claim.map { TraceClaim(index: index, claim: $0, isPastEnd: false) }
  }

  /// - Parameter isAlone: whether no other thread answers questions meanwhile, so that a corrupt file
  ///   may be quarantined. Else a right one may stand there by then.
  func step(at index: UInt64, isAlone: Bool) -> TraceStep? {
    if let end, index > end.index {
      return TraceStep(index: end.index, proof: end.proof, isPastEnd: true)
    }
    return storedStep(index, quarantines: isAlone).map {
      TraceStep(index: index, proof: $0, isPastEnd: false)
    }
  }

  /// The step data of an index in its file, if it is there and right.
  func storedStep(_ index: UInt64, quarantines: Bool) -> StepProof? {
    let before = index == prestate.step ? prestate.claim : claims[index &- 1]
    guard let before, let claim = claims[index],
      let proof = read(directory.proof(index), quarantines: quarantines)
    else { return nil }
    guard proof.step == index, proof.pre == before, proof.post == claim,
      proof.localInput.map({ claims.inputs[$0.key] == $0.hash }) ?? true,
      proof.holds(prestate.revision)
    else {
      if quarantines {
        directory.quarantine(
          directory.proof(index), "it does not prove step \(index) of this trace")
      }
      return nil
    }
    return proof
  }

  /// The last step, if it is there and right: stored as a proof of no step, which holds the number of
  /// steps executed.
  private func storedEnd() -> TraceEnd? {
    guard let proof = read(directory.last, quarantines: true) else { return nil }
    guard let end = TraceEnd(proof, prestate.revision), proof.step == end.index &+ 1,
      claims[end.index] == end.claim
    else {
      directory.quarantine(directory.last, "it does not show the end of this trace")
      return nil
    }
    return end
  }

  private func read(_ file: FilePath, quarantines: Bool) -> StepProof? {
    guard FileStatus.isRegular(file) else { return nil }
    do throws(StreamError) {
      let reader = try ProofReader(FileSource(path: file.fileName))
      if let proof = try reader.next(), try reader.next() == nil { return proof }
      if quarantines { directory.quarantine(file, "it does not hold exactly one proof") }
    } catch {
      if quarantines, !error.isOfSystem, error.kind != .notFound {
        directory.quarantine(file, error.description)
      }
    }
    return nil
  }

  // MARK: Adding

  /// Logs a claim. Throws if it contradicts what is known.
  ///
  /// - Parameter isAdopted: here and below, whether it was adopted, or computed from an adopted state.
  func add(_ index: UInt64, _ claim: Bytes32, isAdopted: Bool) throws(TraceError) {
    try log([(index, claim)], isAdopted)
  }

  /// Logs the claims before and after a step, or neither if one contradicts what is known.
  func addClaims(of proof: StepProof, at index: UInt64, isAdopted: Bool) throws(TraceError) {
    var new: [(UInt64, Bytes32)] = []
    if let pre = proof.pre {
      if index > prestate.step {
        new.append((index - 1, pre))
      } else if pre != prestate.claim {
        throw .contradiction(index: index &- 1, known: prestate.claim, computed: pre)
      }
    }
    try log(new + [(index, proof.post)], isAdopted)
  }

  private func log(
    _ new: [(index: UInt64, claim: Bytes32)], _ isAdopted: Bool
  ) throws(TraceError) {
    let size = new.reduce(0) { $0 + claims.size(ofAdding: $1.index, isAdopted: isAdopted) }
    if size > 0 { try snapshots.makeRoom(for: size) }
    try claims.add(new, isAdopted: isAdopted)
  }

  /// Stores step data that holds, and logs the claims around it.
  func add(
    _ proof: StepProof, at index: UInt64, isAdopted: Bool
  ) throws(TraceError) -> TraceStep {
    try addClaims(of: proof, at: index, isAdopted: isAdopted)
    try store(proof, at: index)
    return TraceStep(index: index, proof: proof, isPastEnd: false)
  }

  /// Writes step data, if there is room for it. It can be recomputed, and the caller may not have the
  /// time to wait until there is room.
  private func store(_ proof: StepProof, at index: UInt64) throws(TraceError) {
    let bytes = try proof.compressed()
    let file = directory.proof(index)
    do throws(TraceError) {
      let needed = UInt64(bytes.count)
      // Nothing is discarded for a file that does not fit in any case.
      guard needed + directory.fixedSize <= snapshots.budget else {
        throw .budget(path: directory.path.fileName, budget: snapshots.budget, needed: needed)
      }
      try snapshots.makeRoom(for: needed)
      try directory.write(bytes, to: file)
      directory.reportCached()
    } catch {
      guard error.isWantOfRoom else { throw error }
      directory.reportUncached(file, error)
    }
  }

  func add(_ end: TraceEnd, isAdopted: Bool) throws(TraceError) {
    if let known = self.end, known != end {
      throw .contradiction(index: known.index, known: known.claim, computed: end.claim)
    }
    try add(end.index, end.claim, isAdopted: isAdopted)
    if self.end != nil { return }
    var proof = end.proof
    proof.step = end.index &+ 1
    let bytes = try proof.compressed()
    try snapshots.makeRoom(for: UInt64(bytes.count))
    try directory.write(bytes, to: directory.last)
    ending.withLock { $0 = end }
    snapshots.policy.record(end: end.index &+ 1)
  }

  // MARK: Discarding

  /// Quarantines the step data that leads to or from some claims, and the end if it has one of them.
  func quarantine(_ indices: Set<UInt64>, _ reason: String) throws(TraceError) {
    for index in try directory.numbers(in: directory.proofs, suffixes: [".json.gz"])
    where indices.contains(index) || indices.contains(index &- 1) {
      directory.quarantine(directory.proof(index), reason)
    }
    guard let end, indices.contains(end.index) else { return }
    directory.quarantine(directory.last, reason)
    ending.withLock { $0 = nil }
    snapshots.policy.forgetEnd()
  }
}

extension StepProof {
  /// Whether the proof holds by the rules of a revision.
  func holds(_ revision: Revision) -> Bool {
    ProofVerifier.verify(self, version: revision.version, revisions: [revision]).holds
  }

  /// The local pre-image that the step reads: its key, and the hash of its value as a log has it. The
  /// value is whole, behind its length in 8 bytes.
  var localInput: (key: Bytes32, hash: Bytes32)? {
    guard let oracleKey, TraceInputs.isLocal(oracleKey) else { return nil }
    return (oracleKey, TraceInputs.hash(Array(oracleValue.dropFirst(8))))
  }

  /// The bytes of the proof's file, compressed with gzip.
  func compressed() throws(TraceError) -> [UInt8] {
    let bytes = MemorySink()
    do throws(StreamError) {
      let sink = GzipSink(over: bytes)
      try write(to: sink)
      try sink.finish()
    } catch { throw .file(error) }
    return bytes.bytes
  }
}

extension TraceEnd {
  /// The end that a proof of no step shows; nil if it shows none.
  init?(_ proof: StepProof, _ revision: Revision) {
    guard proof.proofData.isEmpty, proof.holds(revision),
      let witness = try? StateWitness(decoding: proof.stateData, version: revision.version),
      witness.state.scalars.exited, witness.state.scalars.step > 0
    else { return nil }
    self.init(
      index: witness.state.scalars.step - 1, claim: proof.post, witness: proof.stateData)
  }

  /// The end as op-challenger stores it: a step that changes nothing, and needs no proof.
  var proof: StepProof { StepProof(post: claim, stateData: witness, proofData: []) }
}

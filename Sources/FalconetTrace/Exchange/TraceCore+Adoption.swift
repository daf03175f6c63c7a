import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import SystemPackage

extension TraceCore {
  /// Takes over what op-challenger has of this trace.
  func adopt(from path: String) throws(TraceError) -> TraceAdoption {
    try checkExists()
    try TraceDirectory.checkName(path)
    let origin = ChallengerDirectory(path)
    guard FileStatus(origin.path, followsLinks: true)?.kind == .directory else {
      throw TraceDirectory.missing(path)
    }
    try origin.refuse(within: directory)
    try checkInputs()
    var adoption = TraceAdoption()
    for index in try ChallengerDirectory.numbers(in: origin.proofs, suffix: ".json.gz") {
      try attempt(origin.proof(index), &adoption) { (adoption) throws(TraceError) in
        if try adoptProof(origin.proof(index), index) { adoption.proofs += 1 }
      }
    }
    for step in try ChallengerDirectory.numbers(in: origin.snapshots, suffix: ".bin.gz")
    where step > prestate.step && !snapshots.has(step) {
      try attempt(origin.snapshot(step), &adoption) { (adoption) throws(TraceError) in
        try adoptSnapshot(origin.snapshot(step), step)
        adoption.snapshots += 1
      }
    }
    if let last = origin.readLastStep(), FileStatus.isRegular(origin.final) {
      try attempt(origin.final, &adoption) { (adoption) throws(TraceError) in
        try adoptFinal(origin.final, last)
      }
    }
    adoption.hasEnd = end != nil
    return adoption
  }

  /// Leaves out a file that is wrong. What is wrong with this directory ends the adoption.
  private func attempt(
    _ file: FilePath, _ adoption: inout TraceAdoption,
    _ body: (inout TraceAdoption) throws(TraceError) -> Void
  ) throws(TraceError) {
    do throws(TraceError) { try body(&adoption) } catch {
      switch error {
      case .file(let failure) where failure.isOfSystem || failure.path != file.fileName: throw error
      case .file, .contradiction, .otherInputs: adoption.refuse(file, error.description)
      case .budget: adoption.refuse(file, "the disk budget has no room for it")
      default: throw error
      }
    }
  }

  /// - Returns: whether the file is step data, and not the end.
  private func adoptProof(_ file: FilePath, _ index: UInt64) throws(TraceError) -> Bool {
    let proof: StepProof?
    do { proof = try ProofReader(FileSource(path: file.fileName)).next() } catch {
      throw .file(error.named(file.fileName))
    }
    guard let proof else { throw Self.wrong(file, "it holds no proof") }
    if let shown = TraceEnd(proof, prestate.revision), shown.index == index {
      try adopt(shown)
      return false
    }
    guard proof.step == index, index >= prestate.step, proof.holds(prestate.revision) else {
      throw Self.wrong(file, "it does not prove step \(index)")
    }
    if index == prestate.step, proof.pre != prestate.claim {
      throw Self.wrong(file, "its `pre` is not the claim of the prestate")
    }
    let bytes = try proof.compressed()
    let needed =
      UInt64(bytes.count) + 2 * ClaimLog.claimSize(isAdopted: true) + ClaimLog.inputSize
    try snapshots.makeRoom(for: needed, sparesStepData: true)
    try inputs.bindAdoption()
    if let input = proof.localInput { try inputs.adopt(input.key, hash: input.hash) }
    try answers.addClaims(of: proof, at: index, isAdopted: true)
    try directory.write(bytes, to: directory.proof(index))
    return true
  }

  private func adoptSnapshot(_ file: FilePath, _ step: UInt64) throws(TraceError) {
    let image: MemoryImage
    do { image = try SnapshotCache.read(file, pageLimit: options.pageLimit) } catch {
      throw .file(error.named(file.fileName))
    }
    guard image.state.scalars.step == step, image.state.version == version else {
      throw Self.wrong(file, "it is not a state of step \(step) and version \(version.rawValue)")
    }
    if let revision = image.state.revision, version.revision(named: revision) != prestate.revision {
      throw Self.wrong(
        file, "it was executed by revision \(revision), not \(prestate.revision.name)")
    }
    let bytes = MemorySink()
    do { try Snapshot.write(image, to: bytes, as: .fsnap) } catch { throw .file(error) }
    let needed = Self.withClaim(bytes.bytes)
    guard try snapshots.makeRoom(forState: step, needed) else {
      throw .budget(path: directory.path.fileName, budget: options.diskBudget, needed: needed)
    }
    try inputs.bindAdoption()
    try answers.add(step - 1, image.state.claim(witness: image.witness), isAdopted: true)
    try directory.write(bytes.bytes, to: directory.snapshot(step))
    snapshots.add(step)
  }

  private func adoptFinal(_ file: FilePath, _ last: UInt64) throws(TraceError) {
    let image: MemoryImage
    do { image = try SnapshotCache.read(file, pageLimit: options.pageLimit) } catch {
      throw .file(error.named(file.fileName))
    }
    let scalars = image.state.scalars
    guard scalars.exited, image.state.version == version, last < .max, scalars.step == last + 1
    else { throw Self.wrong(file, "it is not the state after step \(last)") }
    let witness = image.witness
    try adopt(TraceEnd(index: last, claim: image.state.claim(witness: witness), witness: witness))
  }

  private func adopt(_ end: TraceEnd) throws(TraceError) {
    if self.end == end { return }
    // Its file says of which step it is, too.
    let needed = Self.withClaim(try end.proof.compressed()) + 64
    try snapshots.makeRoom(for: needed, sparesStepData: true)
    try inputs.bindAdoption()
    try answers.add(end, isAdopted: true)
  }

  /// Bytes that a file takes in the directory together with its claim.
  private static func withClaim(_ bytes: [UInt8]) -> UInt64 {
    UInt64(bytes.count) + ClaimLog.claimSize(isAdopted: true)
  }

  private static func wrong(_ file: FilePath, _ message: String) -> TraceError {
    .file(StreamError(.corrupt, path: file.fileName, message: message))
  }
}

extension TraceAdoption {
  fileprivate mutating func refuse(_ file: FilePath, _ reason: String) {
    refused.append(TraceIncident(path: file.fileName, reason: reason, movedTo: ""))
  }
}

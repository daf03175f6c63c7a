import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import SystemPackage

extension TraceCore {
  /// Takes over what op-challenger keeps of this trace.
  func adopt(from path: String) throws(TraceError) -> TraceAdoption {
    try checkExists()
    let origin = ChallengerFolder(path)
    guard TraceFolder.isFolder(origin.path) else {
      throw .file(
        StreamError(
          .notFound, path: path, message: "there is no such folder", remedy: "check the path"))
    }
    var adoption = TraceAdoption()
    for index in try ChallengerFolder.numbers(in: origin.proofs, suffix: ".json.gz") {
      try attempt(origin.proof(index), &adoption) { (adoption) throws(TraceError) in
        if try adoptProof(origin.proof(index), index) { adoption.proofs += 1 }
      }
    }
    for step in try ChallengerFolder.numbers(in: origin.snapshots, suffix: ".bin.gz")
    where step > prestate.step && !snapshots.has(step) {
      try attempt(origin.snapshot(step), &adoption) { (adoption) throws(TraceError) in
        try adoptSnapshot(origin.snapshot(step), step)
        adoption.snapshots += 1
      }
    }
    if end == nil, let last = origin.readLastStep(), TraceFolder.isRegular(origin.final) {
      try attempt(origin.final, &adoption) { (adoption) throws(TraceError) in
        try adoptFinal(origin.final, last)
      }
    }
    adoption.hasEnd = end != nil
    return adoption
  }

  /// Leaves out a file that is wrong. What is wrong with this folder ends the adoption.
  private func attempt(
    _ file: FilePath, _ adoption: inout TraceAdoption,
    _ body: (inout TraceAdoption) throws(TraceError) -> Void
  ) throws(TraceError) {
    do throws(TraceError) { try body(&adoption) } catch {
      switch error {
      case .file(let failure) where failure.isOfSystem || failure.path != file.string: throw error
      case .file, .contradiction:
        adoption.refused.append(
          TraceIncident(path: file.string, reason: error.description, movedTo: ""))
      default: throw error
      }
    }
  }

  /// - Returns: whether the file is step data, and not the end.
  private func adoptProof(_ file: FilePath, _ index: UInt64) throws(TraceError) -> Bool {
    let proof: StepProof?
    do { proof = try ProofReader(FileSource(path: file.string)).next() } catch {
      throw .file(error.named(file.string))
    }
    guard let proof else { throw Self.wrong(file, "it holds no proof") }
    if let shown = TraceEnd(proof, version), shown.index == index {
      try keep(shown)
      return false
    }
    let verdict = ProofVerifier.verify(proof, version: version)
    guard proof.step == index, index >= prestate.step, verdict.holds else {
      throw Self.wrong(file, "it does not prove step \(index)")
    }
    try log(index, proof.post)
    try save(proof, at: index)
    return true
  }

  private func adoptSnapshot(_ file: FilePath, _ step: UInt64) throws(TraceError) {
    let image: MemoryImage
    do { image = try Snapshot.load(path: file.string) } catch {
      throw .file(error.named(file.string))
    }
    guard image.state.scalars.step == step, image.state.version == version else {
      throw Self.wrong(file, "it is not a state of step \(step) and version \(version.rawValue)")
    }
    try log(step - 1, image.state.claim(witness: image.witness))
    let bytes = MemorySink()
    do { try Snapshot.write(image, to: bytes, as: .fsnap) } catch { throw .file(error) }
    try snapshots.makeRoom(for: UInt64(bytes.bytes.count), policy)
    try folder.write(bytes.bytes, to: folder.snapshot(step))
    snapshots.add(step)
  }

  private func adoptFinal(_ file: FilePath, _ last: UInt64) throws(TraceError) {
    let image: MemoryImage
    do { image = try Snapshot.load(path: file.string) } catch {
      throw .file(error.named(file.string))
    }
    let scalars = image.state.scalars
    guard scalars.exited, image.state.version == version, last < .max, scalars.step == last + 1
    else { throw Self.wrong(file, "it is not the state that step \(last) ended with") }
    let witness = image.witness
    try keep(
      TraceEnd(index: last, claim: image.state.claim(witness: witness), witness: witness))
  }

  private static func wrong(_ file: FilePath, _ message: String) -> TraceError {
    .file(StreamError(.corrupt, path: file.string, message: message))
  }
}

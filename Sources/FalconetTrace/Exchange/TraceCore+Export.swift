import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams

extension TraceCore {
  /// Writes what is known of the trace as op-challenger keeps it, so that it can go on from there.
  func export(to path: String) throws(TraceError) {
    try checkExists()
    try checkInputs()
    let target = ChallengerFolder(path)
    try target.refuse(within: folder)
    let proofs = try folder.numbers(in: folder.proofs, suffixes: [".json.gz"])
    do { try target.make() } catch { throw .file(error) }
    for index in proofs {
      guard let proof = storedStep(index, putsAside: true) else { continue }
      do { try proof.save(path: target.proof(index).fileName) } catch { throw .file(error) }
    }
    for step in snapshots.steps where !target.hasSnapshot(step, claims[step - 1]) {
      guard let (image, _) = try snapshots.load(step) else { continue }
      do { try Snapshot.save(image, path: target.snapshot(step).fileName, to: .bin) } catch {
        throw .file(error)
      }
    }
    if let end { try export(end, to: target) }
  }

  private func export(_ end: TraceEnd, to target: ChallengerFolder) throws(TraceError) {
    // The last state is not kept: it is one run from the last of those that are.
    let machine = try advance(to: end.index &+ 1)
    do throws(StreamError) {
      try Snapshot.save(MemoryImage(machine), path: target.final.fileName, to: .bin)
      // A step that changes nothing stands for the last one only where that was never asked for:
      // op-challenger has one file for both.
      if !target.hasProof(end.index, prestate.revision, end.claim) {
        try end.proof.save(path: target.proof(end.index).fileName)
      }
      try target.writeLastStep(end.index)
    } catch { throw .file(error) }
  }
}

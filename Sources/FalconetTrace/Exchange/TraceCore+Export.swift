import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import SystemPackage

extension TraceCore {
  /// Writes what is known of the trace as op-challenger lays it out, so that it can go on from there.
  func export(to path: String) throws(TraceError) {
    try checkExists()
    try TraceDirectory.checkName(path)
    try checkInputs()
    let target = ChallengerDirectory(path)
    try target.refuse(within: directory)
    let made: [FilePath]
    do { made = try target.make() } catch { throw .file(error) }
    do throws(TraceError) { try write(to: target) } catch {
      ChallengerDirectory.removeEmpty(made)
      throw error
    }
  }

  private func write(to target: ChallengerDirectory) throws(TraceError) {
    // The last state is not cached, so steps are executed up to it first: they may show that an adopted
    // file is wrong.
    if let end {
      _ = try executing { () throws(TraceError) in try runner.advance(to: end.index &+ 1) }
    }
    for index in try directory.numbers(in: directory.proofs, suffixes: [".json.gz"]) {
      guard let proof = answers.storedStep(index, quarantines: true) else { continue }
      do { try proof.save(path: target.proof(index).fileName) } catch { throw .file(error) }
    }
    for step in snapshots.steps where !target.hasSnapshot(step, claims[step - 1], options.pageLimit)
    {
      guard let (image, _) = try snapshots.load(step) else { continue }
      do { try Snapshot.save(image, path: target.snapshot(step).fileName, to: .bin) } catch {
        throw .file(error)
      }
    }
    if let end { try writeEnd(end, to: target) }
  }

  private func writeEnd(_ end: TraceEnd, to target: ChallengerDirectory) throws(TraceError) {
    // The machine is there, unless the end was found only when another one was discarded.
    let machine = try runner.advance(to: end.index &+ 1)
    do throws(StreamError) {
      try Snapshot.save(MemoryImage(machine), path: target.final.fileName, to: .bin)
      // A step that changes nothing stands for the last one only if that was never asked for:
      // op-challenger has one file for both.
      if !target.hasProof(end.index, prestate.revision, end.claim) {
        try end.proof.save(path: target.proof(end.index).fileName)
      }
      try target.writeLastStep(end.index)
    } catch { throw .file(error) }
  }

  /// Writes the state after a number of steps, or the one that exited, which is not cached.
  func saveState(
    after steps: UInt64, to path: String, _ format: SnapshotFormat?
  ) throws(TraceError) -> SavedTraceState {
    try check(steps &- 1)
    try checkInputs()
    return try executing { () throws(TraceError) in
      let machine = try runner.advance(to: steps)
      do throws(StreamError) {
        try Snapshot.save(MemoryImage(machine), path: path, to: format)
      } catch { throw .file(error) }
      return SavedTraceState(
        step: machine.step, hasExited: machine.hasExited, lastHint: inputs.lastHint)
    }
  }

  func copy(
    after steps: UInt64
  ) throws(TraceError) -> (image: MemoryImage, lastHint: [UInt8]?) {
    try check(steps &- 1)
    try checkInputs()
    return try executing { () throws(TraceError) in
      let machine = try runner.advance(to: steps)
      do throws(StreamError) {
        return (try MemoryImage(copying: MemoryImage(machine)), inputs.lastHint)
      } catch { throw .file(error) }
    }
  }
}

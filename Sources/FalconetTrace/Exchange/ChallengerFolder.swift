import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Glibc
import Keccak
import SystemPackage

/// A folder as op-challenger keeps it for a game: `proofs/N.json.gz`, `snapshots/N.bin.gz`,
/// `final.bin.gz`, and `state.json.gz` with the last step.
struct ChallengerFolder {
  let path: FilePath

  init(_ path: String) { self.path = FilePath(path) }

  var proofs: FilePath { path.appending("proofs") }
  var snapshots: FilePath { path.appending("snapshots") }
  var final: FilePath { path.appending("final.bin.gz") }
  var lastStep: FilePath { path.appending("state.json.gz") }

  func proof(_ index: UInt64) -> FilePath { proofs.appending("\(index).json.gz") }
  func snapshot(_ step: UInt64) -> FilePath { snapshots.appending("\(step).bin.gz") }

  func make() throws(StreamError) {
    for folder in [path, proofs, snapshots] {
      guard folder.withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST else {
        throw StreamError(Errno(rawValue: errno), .create, path: folder.string)
      }
    }
  }

  func writeLastStep(_ index: UInt64) throws(StreamError) {
    try AtomicFile.write(path: lastStep.string) { (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.beginObject()
      try json.key("step")
      try json.number(index)
      try json.endObject()
      try json.finish()
    }
  }

  /// The numbers N of the files `N` + suffix in a folder; none where there is no folder.
  static func numbers(in folder: FilePath, suffix: String) throws(StreamError) -> [UInt64] {
    var numbers: [UInt64] = []
    do throws(Errno) {
      try FolderListing.forEachName(in: folder) { name in
        let digits = name.dropLast(suffix.count)
        if name.hasSuffix(suffix), let number = UInt64(digits), "\(number)" == digits {
          numbers.append(number)
        }
        return true
      }
    } catch {
      guard error != .noSuchFileOrDirectory else { return [] }
      throw StreamError(
        .system(errno: error.rawValue), path: folder.string,
        message: "the folder can't be read: \(error)")
    }
    return numbers.sorted()
  }
}

extension TraceCore {
  /// Writes what is known of the trace as op-challenger keeps it, so that it can go on from there.
  func export(to path: String) throws(TraceError) {
    let target = ChallengerFolder(path)
    do throws(StreamError) {
      try target.make()
      for index in try ChallengerFolder.numbers(in: folder.proofs, suffix: ".json.gz") {
        guard
          let proof = folder.storedStep(index, version: version, claim: claims.claims[index])
        else { continue }
        try proof.save(path: target.proof(index).string)
      }
      for step in snapshotSteps where !TraceFolder.exists(target.snapshot(step)) {
        let image: MemoryImage?
        do throws(TraceError) { image = try snapshots.load(step) } catch {
          if case .file(let error) = error { throw error }
          continue
        }
        if let image { try Snapshot.save(image, path: target.snapshot(step).string, to: .bin) }
      }
      guard let end else { return }
      try target.writeLastStep(end.index)
    } catch { throw .file(error) }
    // The last state is not kept: it is one run from the last of those that are.
    guard let end else { return }
    let machine = try advance(to: end.index &+ 1)
    do throws(StreamError) {
      try Snapshot.save(MemoryImage(machine), path: target.final.string, to: .bin)
    } catch { throw .file(error) }
  }

  /// Takes over proofs and states that op-challenger keeps of this trace. The caller answers for it
  /// that they are of this trace; each proof must hold, and each state must be what its name says.
  ///
  /// - Returns: how many proofs and states were taken.
  func adopt(from path: String) throws(TraceError) -> (proofs: Int, snapshots: Int) {
    let origin = ChallengerFolder(path)
    var counts = (proofs: 0, snapshots: 0)
    do throws(StreamError) {
      for index in try ChallengerFolder.numbers(in: origin.proofs, suffix: ".json.gz") {
        let reader = try ProofReader(FileSource(path: origin.proof(index).string))
        guard let proof = try reader.next(), proof.step == index,
          ProofVerifier.verify(proof, version: version).holds
        else { continue }
        try proof.save(path: folder.proof(index).string)
        try add(index, proof.post)
        counts.proofs += 1
      }
      for step in try ChallengerFolder.numbers(in: origin.snapshots, suffix: ".bin.gz")
      where step > prestate.step && !snapshots.has(step) {
        let image = try Snapshot.load(path: origin.snapshot(step).string)
        guard image.state.scalars.step == step, image.state.version == version else { continue }
        try Snapshot.save(image, path: folder.snapshot(step).string, to: .fsnap)
        try add(
          step - 1,
          image.state.claim(witness: image.state.witness(memoryRoot: image.memory.root())))
        snapshots.add(step)
        counts.snapshots += 1
      }
    } catch { throw .file(error) }
    try prune()
    return counts
  }

  private func add(_ index: UInt64, _ claim: Bytes32) throws(StreamError) {
    do throws(TraceError) { try claims.add(index, claim) } catch {
      if case .file(let error) = error { throw error }
    }
  }
}

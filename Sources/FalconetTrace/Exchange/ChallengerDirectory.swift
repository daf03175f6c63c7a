import FalconetLibc
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// A directory as op-challenger lays it out for a game: `proofs/N.json.gz`, `snapshots/N.bin.gz`,
/// `final.bin.gz`, and `state.json.gz` with the last step.
struct ChallengerDirectory {
  let path: FilePath

  init(_ path: String) { self.path = FilePath(fileName: path) }

  var proofs: FilePath { path.appending("proofs") }
  var snapshots: FilePath { path.appending("snapshots") }
  var final: FilePath { path.appending("final.bin.gz") }
  var lastStep: FilePath { path.appending("state.json.gz") }

  func proof(_ index: UInt64) -> FilePath { proofs.appending("\(index).json.gz") }
  func snapshot(_ step: UInt64) -> FilePath { snapshots.appending("\(step).bin.gz") }

  /// Makes what is not there yet.
  ///
  /// - Returns: the directories that were made; none is left if one of them can't be.
  func make() throws(StreamError) -> [FilePath] {
    var made: [FilePath] = []
    do throws(StreamError) {
      for directory in [path, proofs, snapshots] {
        if directory.withPlatformString({ mkdir($0, 0o777) }) == 0 {
          made.append(directory)
        } else if errno != EEXIST {
          throw StreamError(Errno(rawValue: errno), .create, path: directory.fileName)
        }
        try AtomicFile.check(path: directory.appending("check").fileName)
      }
    } catch {
      Self.removeEmpty(made)
      throw error
    }
    return made
  }

  /// Removes those of some directories, which are listed from the outermost on, that are empty.
  static func removeEmpty(_ directories: [FilePath]) {
    for directory in directories.reversed() { _ = directory.withPlatformString { rmdir($0) } }
  }

  // MARK: Its files

  /// Refuses a directory that is a trace's own, or in it, or whose parts are links into it.
  func refuse(within trace: TraceDirectory) throws(TraceError) {
    for directory in [path, proofs, snapshots] where trace.holds(directory) {
      throw .file(
        StreamError(
          .unsupported, path: directory.fileName,
          message: "it is the trace's own directory, or in it",
          remedy: "use another directory"))
    }
  }

  /// Whether a snapshot is the state of its step that has a claim. It may be of another program.
  func hasSnapshot(_ step: UInt64, _ claim: Bytes32?, _ pageLimit: Int) -> Bool {
    guard let claim, FileStatus.isRegular(snapshot(step)),
      let image = try? SnapshotCache.read(snapshot(step), pageLimit: pageLimit)
    else { return false }
    return image.state.scalars.step == step && image.state.claim(witness: image.witness) == claim
  }

  /// Whether a proof holds, and leads to a claim.
  func hasProof(_ index: UInt64, _ revision: Revision, _ claim: Bytes32) -> Bool {
    guard FileStatus.isRegular(proof(index)),
      let source = try? FileSource(path: proof(index).fileName),
      let proof = try? ProofReader(source).next(), proof.post == claim
    else { return false }
    guard proof.step == index || TraceEnd(proof, revision)?.index == index else { return false }
    return proof.holds(revision)
  }

  func writeLastStep(_ index: UInt64) throws(StreamError) {
    try AtomicFile.write(path: lastStep.fileName) { (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.beginObject()
      try json.member("step", index)
      try json.endObject()
      try json.finish()
    }
  }

  /// The last step, if the file is there and valid.
  func readLastStep() -> UInt64? {
    guard FileStatus.isRegular(lastStep), let source = try? FileSource(path: lastStep.fileName),
      let reader = try? ByteReader.decompressing(source).reader
    else { return nil }
    let json = JSONReader(reader)
    var step: UInt64?
    do throws(StreamError) {
      try json.beginObject()
      while let key = try json.nextKey() {
        if key == "step" { step = try json.readUInt64() } else { try json.skipValue() }
      }
      try json.finish()
    } catch { return nil }
    return step
  }

  /// The numbers N of the files `N` + suffix in a directory; none if there is no directory.
  static func numbers(in directory: FilePath, suffix: String) throws(TraceError) -> [UInt64] {
    try TraceDirectory.names(in: directory).compactMap { name in
      guard let number = UInt64(name.dropLast(suffix.count)), "\(number)\(suffix)" == name,
        FileStatus.isRegular(directory.appending(fileName: name))
      else { return nil }
      return number
    }.sorted()
  }
}

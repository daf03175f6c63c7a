import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak
import SystemPackage

/// Answers that are kept in the folder.
extension TraceFolder {
  /// The step data of an index, where it is there and right.
  func storedStep(_ index: UInt64, version: StateVersion, claim: Bytes32?) -> StepProof? {
    guard let proof = read(proof(index)) else { return nil }
    let verdict = ProofVerifier.verify(proof, version: version)
    guard proof.step == index, verdict.holds, claim == nil || claim == proof.post else {
      putAside(self.proof(index), "it does not prove step \(index) of this trace")
      return nil
    }
    return proof
  }

  /// The last step, where it is there and right: kept as a proof of no step, which holds the number
  /// of steps executed.
  func storedEnd(_ version: StateVersion) -> TraceEnd? {
    guard let proof = read(last) else { return nil }
    guard let step = proof.step, step > 0, proof.proofData.isEmpty,
      ProofVerifier.verify(proof, version: version).holds
    else {
      putAside(last, "it does not show the end of this trace")
      return nil
    }
    return TraceEnd(index: step - 1, claim: proof.post, witness: proof.stateData)
  }

  private func read(_ file: FilePath) -> StepProof? {
    guard Self.exists(file) else { return nil }
    do throws(StreamError) {
      let reader = try ProofReader(FileSource(path: file.string))
      if let proof = try reader.next(), try reader.next() == nil { return proof }
      putAside(file, "it does not hold one proof")
    } catch {
      if case .system = error.kind { return nil }
      putAside(file, error.description)
    }
    return nil
  }

  func store(_ proof: StepProof, at file: FilePath) throws(TraceError) {
    do { try proof.save(path: file.string) } catch { throw .file(error) }
  }

  // MARK: Which trace it is

  /// Notes which trace the folder is of, or checks it.
  func identify(_ version: StateVersion, prestate: Bytes32, step: UInt64) throws(TraceError) {
    if let known = try readIdentity() {
      guard known.prestate == prestate, known.version == version.rawValue else {
        throw .otherTrace(
          path: path.string, expected: known.prestate, known.version, found: prestate,
          version.rawValue)
      }
      return
    }
    do throws(StreamError) {
      try AtomicFile.write(path: identity.string) { (sink) throws(StreamError) in
        let json = JSONWriter(to: sink)
        try json.beginObject()
        try json.key("format")
        try json.number(1)
        try json.key("stateVersion")
        try json.number(version.rawValue)
        try json.key("step")
        try json.number(step)
        try json.key("prestate")
        try json.hex(prestate.bytes)
        try json.endObject()
        try json.finish()
      }
    } catch { throw .file(error) }
  }

  /// The claim of the prestate that the folder is of, and its state version; nil where it doesn't
  /// tell. A claim alone doesn't name a version.
  private func readIdentity() throws(TraceError) -> (prestate: Bytes32, version: UInt8)? {
    guard Self.exists(identity) else { return nil }
    do throws(StreamError) {
      let json = JSONReader(ByteReader(try FileSource(path: identity.string)))
      var prestate: Bytes32?
      var version: UInt8?
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "prestate": prestate = Bytes32(try json.readHex(maxBytes: 32))
        case "stateVersion": version = UInt8(truncatingIfNeeded: try json.readUInt64(upTo: 255))
        default: try json.skipValue()
        }
      }
      try json.finish()
      if let prestate, let version { return (prestate, version) }
      putAside(identity, "it does not name a prestate and a state version")
    } catch {
      if case .system = error.kind { throw .file(error) }
      putAside(identity, error.description)
    }
    // Without it nobody can say of which trace the answers are.
    for index in try numbers(in: proofs, suffix: ".json.gz") {
      putAside(proof(index), "it is not known of which trace it is")
    }
    for step in try numbers(in: snapshots, suffix: ".fsnap") {
      putAside(snapshot(step), "it is not known of which trace it is")
    }
    for file in [claims, last] where Self.exists(file) {
      putAside(file, "it is not known of which trace it is")
    }
    return nil
  }
}

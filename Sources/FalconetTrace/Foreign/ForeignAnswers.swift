import FalconetForeignVM
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The answers about a trace of another VM that are known: claims, proofs, and the end.
///
/// A file of a proof counts only together with its claim in ``ClaimLog``, which is written first.
final class ForeignAnswers {
  private let directory: TraceDirectory
  private let claims: ClaimLog
  private let states: StateFiles
  private let prestate: ForeignPrestate
  private let verifier: ForeignLibrary?
  private(set) var end: ForeignTraceEnd?

  /// The names of the fields of the file that shows the end.
  private enum EndField {
    static let witness = "witness"
    static let exitCode = "exit-code"
  }

  init(
    _ directory: TraceDirectory, _ claims: ClaimLog, _ states: StateFiles,
    _ prestate: ForeignPrestate, _ verifier: ForeignLibrary?
  ) {
    self.directory = directory
    self.claims = claims
    self.states = states
    self.prestate = prestate
    self.verifier = verifier.flatMap { $0.capabilities.contains(.verify) ? $0 : nil }
    end = storedEnd()
    if let end { states.policy.record(end: end.index + 1) }
  }

  // MARK: What is known

  func claim(at index: UInt64) -> ForeignTraceClaim? {
    if let end, index >= end.index {
      return ForeignTraceClaim(index: index, claim: end.claim, isPastEnd: index > end.index)
    }
    return known(index).map { ForeignTraceClaim(index: index, claim: $0, isPastEnd: false) }
  }

  private func known(_ index: UInt64) -> [UInt8]? {
    if prestate.step > 0, index == prestate.step - 1 { return prestate.claim }
    return claims[index].map { Array($0.bytes.prefix(prestate.claim.count)) }
  }

  func step(at index: UInt64) -> ForeignTraceStep? {
    if let end, index > end.index {
      let proof = ForeignProof(
        step: end.index &+ 1, kind: prestate.kindNumber, pre: end.claim, post: end.claim,
        fields: [])
      return ForeignTraceStep(
        index: end.index,
        proof: ForeignProofFile(vm: prestate.vm, kind: prestate.kind, proof: proof),
        isPastEnd: true)
    }
    let before = index == prestate.step ? prestate.claim : known(index &- 1)
    guard let before, let after = known(index), let file = read(directory.proof(index)) else {
      return nil
    }
    guard file.proof.step == index, file.proof.pre == before, file.proof.post == after,
      file.vm == prestate.vm, holds(file)
    else {
      directory.quarantine(
        directory.proof(index), "it does not prove step \(index) of this trace")
      return nil
    }
    return ForeignTraceStep(index: index, proof: file, isPastEnd: false)
  }

  /// Whether the VM says that a proof holds, if it says anything.
  private func holds(_ file: ForeignProofFile) -> Bool {
    guard let verifier else { return true }
    do throws(ForeignError) {
      try verifier.verify(file.proof(for: verifier))
      return true
    } catch { return false }
  }

  /// The end that a file shows: a proof of no step, whose fields are the witness and the exit code.
  private func storedEnd() -> ForeignTraceEnd? {
    guard let file = read(directory.last) else { return nil }
    let fields = file.proof.fields
    guard file.proof.step > 0, file.proof.pre == file.proof.post, !fields.isEmpty,
      fields.map(\.name) == Array([EndField.witness, EndField.exitCode].prefix(fields.count)),
      known(file.proof.step - 1) == file.proof.post, isWitness(fields[0].bytes, file)
    else {
      directory.quarantine(directory.last, "it does not show the end of this trace")
      return nil
    }
    return ForeignTraceEnd(
      index: file.proof.step - 1, claim: file.proof.post, witness: fields[0].bytes,
      exitCode: fields.dropFirst().first.map { $0.bytes.reduce(0) { $0 << 8 | UInt64($1) } })
  }

  private func isWitness(_ witness: [UInt8], _ file: ForeignProofFile) -> Bool {
    guard let verifier else { return true }
    do throws(ForeignError) {
      let kind = try file.proof(for: verifier).kind
      return try verifier.claim(ofWitness: witness, kind: kind) == file.proof.post
    } catch { return false }
  }

  private func read(_ file: FilePath) -> ForeignProofFile? {
    guard FileStatus.isRegular(file) else { return nil }
    do throws(StreamError) {
      return try ForeignProofFile.read(FileSource(path: file.fileName))
    } catch {
      if !error.isOfSystem, error.kind != .notFound {
        directory.quarantine(file, error.description)
      }
      return nil
    }
  }

  // MARK: Adding

  /// Logs a claim. Throws if it contradicts what is known.
  func add(_ index: UInt64, _ claim: [UInt8]) throws(TraceError) {
    try log([(index, claim)])
  }

  private func log(_ new: [(UInt64, [UInt8])]) throws(TraceError) {
    let records = new.map { (index: $0.0, claim: Bytes32(padding: $0.1)) }
    if let end,
      let wrong = records.first(where: {
        $0.index >= end.index && $0.claim != Bytes32(padding: end.claim)
      })
    {
      throw .contradiction(
        index: wrong.index, known: Bytes32(padding: end.claim), computed: wrong.claim)
    }
    let size = records.reduce(0) { $0 + claims.size(ofAdding: $1.index, isAdopted: false) }
    if size > 0 { try states.makeRoom(for: size) }
    try claims.add(records, isAdopted: false)
  }

  /// Logs the claims around a step, and stores its proof if there is room.
  func add(_ proof: ForeignProof, at index: UInt64) throws(TraceError) -> ForeignTraceStep {
    var new = [(index, proof.post)]
    if index > prestate.step {
      new.insert((index - 1, proof.pre), at: 0)
    } else if proof.pre != prestate.claim {
      throw .contradiction(
        index: index &- 1, known: Bytes32(padding: prestate.claim),
        computed: Bytes32(padding: proof.pre))
    }
    try log(new)
    let file = ForeignProofFile(vm: prestate.vm, kind: prestate.kind, proof: proof)
    do throws(TraceError) {
      let bytes = try file.compressed()
      guard UInt64(bytes.count) + directory.fixedSize <= states.budget else {
        throw .budget(
          path: directory.path.fileName, budget: states.budget, needed: UInt64(bytes.count))
      }
      try states.makeRoom(for: UInt64(bytes.count))
      try directory.write(bytes, to: directory.proof(index))
      directory.reportCached()
    } catch {
      guard error.isWantOfRoom else { throw error }
      directory.reportUncached(directory.proof(index), error)
    }
    return ForeignTraceStep(index: index, proof: file, isPastEnd: false)
  }

  func add(_ end: ForeignTraceEnd) throws(TraceError) {
    if let known = self.end {
      guard known == end else {
        throw .contradiction(
          index: known.index, known: Bytes32(padding: known.claim),
          computed: Bytes32(padding: end.claim))
      }
      return
    }
    try add(end.index, end.claim)
    var fields = [ForeignProof.Field(name: EndField.witness, bytes: end.witness)]
    if let code = end.exitCode {
      fields.append(ForeignProof.Field(name: EndField.exitCode, bytes: code.bigEndianBytes))
    }
    let proof = ForeignProof(
      step: end.index + 1, kind: prestate.kindNumber, pre: end.claim, post: end.claim,
      fields: fields)
    let bytes = try ForeignProofFile(vm: prestate.vm, kind: prestate.kind, proof: proof)
      .compressed()
    try states.makeRoom(for: UInt64(bytes.count))
    try directory.write(bytes, to: directory.last)
    self.end = end
    states.policy.record(end: end.index + 1)
  }
}

extension ForeignProofFile {
  /// The bytes of the file, compressed with gzip.
  fileprivate func compressed() throws(TraceError) -> [UInt8] {
    let bytes = MemorySink()
    do throws(StreamError) {
      let sink = GzipSink(over: bytes)
      try write(to: sink)
      try sink.finish()
    } catch { throw .file(error) }
    return bytes.bytes
  }
}

extension Bytes32 {
  /// A claim as the log has it: one that has fewer than 32 bytes is filled up with zeros.
  init(padding claim: [UInt8]) {
    self.init()
    for (place, byte) in claim.prefix(32).enumerated() { self[place] = byte }
  }
}

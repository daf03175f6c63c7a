import CFPVM
import CFalconet
import FalconetLibc
import FalconetMachine
import FalconetProofs
import Keccak

/// Proofs in the form of `fpvm.h`.
///
/// Safety: one allocation has the structure, its fields and all of their bytes, at places that are computed
/// from the counts of what is written there.
enum FPVMProof {
  private static let names: [StaticString] = ["state-data", "proof-data"]

  /// The bytes of the length that a pre-image begins with in a proof of ours.
  private static let prefix = 8

  static func make(
    _ proof: StepProof, kind: Revision
  ) throws(CallError) -> UnsafePointer<fpvm_proof> {
    let parts = [
      proof.pre?.bytes ?? [], proof.post.bytes, proof.stateData, proof.proofData,
      proof.oracleKey?.bytes ?? [], Array(proof.oracleValue.dropFirst(prefix)),
    ]
    let fields = MemoryLayout<fpvm_proof>.stride
    let bytes = fields + MemoryLayout<fpvm_field>.stride * names.count
    let count = parts.reduce(bytes) { $0 + $1.count }
    guard let start = malloc(count) else {
      throw CallError(FALCONET_NO_MEMORY, "no memory for a proof of \(count) bytes")
    }
    var end = start + bytes
    let places = parts.map { part in
      UnsafeMutableRawBufferPointer(start: end, count: part.count).copyBytes(from: part)
      defer { end += part.count }
      return fpvm_bytes(
        bytes: part.isEmpty ? nil : UnsafePointer(end.assumingMemoryBound(to: UInt8.self)),
        count: UInt64(part.count))
    }
    let list = (start + fields).bindMemory(to: fpvm_field.self, capacity: names.count)
    for (number, name) in names.enumerated() {
      (list + number).initialize(
        to: fpvm_field(name: fpvm_text(name), bytes: places[2 + number]))
    }
    let result = start.bindMemory(to: fpvm_proof.self, capacity: 1)
    var shown = fpvm_proof()
    shown.size = UInt64(MemoryLayout<fpvm_proof>.size)
    shown.step = proof.step ?? 0
    shown.kind = FPVMKinds.number(of: kind)
    shown.has_read = proof.oracleKey == nil ? 0 : 1
    (shown.pre, shown.post) = (places[0], places[1])
    (shown.fields, shown.field_count) = (UnsafePointer(list), UInt64(names.count))
    (shown.key, shown.preimage) = (places[4], places[5])
    shown.offset = proof.oracleOffset
    result.initialize(to: shown)
    return UnsafePointer(result)
  }

  /// Verifies a proof that a caller made of its parts.
  static func verify(_ shown: fpvm_proof) throws(CallError) {
    let proof: StepProof
    let revision: Revision?
    do throws(CallError) {
      revision = try FPVMKinds.revision(shown.kind)
      proof = try read(shown, revision)
    } catch { throw CallError(FALCONET_REJECTED, "this is no proof of this VM: \(error.message)") }
    let verdict = ProofVerifier.verify(
      proof, version: revision?.version, revisions: revision.map { [$0] })
    guard !verdict.holds else { return }
    let fault = verdict.fault ?? verdict.findings.compactMap(\.fault).first
    throw CallError(FALCONET_REJECTED, fault?.description ?? "the proof does not hold")
  }

  private static func read(
    _ shown: fpvm_proof, _ revision: Revision?
  ) throws(CallError) -> StepProof {
    guard revision != nil else { throw .invalid("it has no kind") }
    guard let count = Int(exactly: shown.field_count), count == names.count else {
      throw .invalid("it has \(shown.field_count) fields, not \(names.count)")
    }
    let fields = try Argument.elements(shown.fields, count, "fields")
    for (field, name) in zip(fields, names) {
      guard try Argument.text(field.name, "the name of a field") == "\(name)" else {
        throw .invalid("its fields are not state-data and proof-data")
      }
    }
    guard let pre = Bytes32(try Argument.bytes(shown.pre, "pre")),
      let post = Bytes32(try Argument.bytes(shown.post, "post"))
    else { throw .invalid("a claim has 32 bytes") }
    var proof = StepProof(
      post: post, stateData: try Argument.bytes(fields[0].bytes, "state-data"),
      proofData: try Argument.bytes(fields[1].bytes, "proof-data"))
    (proof.step, proof.pre, proof.version) = (shown.step, pre, revision?.version)
    let key = try Argument.bytes(shown.key, "key")
    let preimage = try Argument.bytes(shown.preimage, "preimage")
    switch shown.has_read {
    case 0:
      guard key.isEmpty, preimage.isEmpty, shown.offset == 0 else {
        throw .invalid("it reads no pre-image, but has one")
      }
    case 1:
      guard let key = Bytes32(key) else { throw .invalid("a key has 32 bytes") }
      proof.oracleKey = key
      proof.oracleValue =
        withUnsafeBytes(of: UInt64(preimage.count).bigEndian) { Array($0) } + preimage
      proof.oracleOffset = shown.offset
    default: throw .invalid("has_read is \(shown.has_read)")
    }
    return proof
  }
}

/// Safety: the text is a constant.
extension fpvm_text {
  init(_ text: StaticString) {
    self.init(
      text: UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self),
      count: UInt64(text.utf8CodeUnitCount))
  }
}

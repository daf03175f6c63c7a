// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetProofs
import Keccak

@c @implementation
public func falconet_proof_get_info(
  _ proof: OpaquePointer?, _ info: UnsafeMutablePointer<falconet_proof_info>?
) -> falconet_status {
  call { () throws(CallError) in
    let info = try Argument.pointer(info, "info")
    info.pointee = try ProofHandle.use(proof) { falconet_proof_info($0) }
  }
}

extension falconet_proof_info {
  fileprivate init(_ proof: StepProof) {
    self.init()
    func store(_ hash: Bytes32?, in field: inout some BitwiseCopyable) {
      // Sound: called with arrays of 32 bytes.
      withUnsafeMutableBytes(of: &field) { field in
        hash?.withBytes { field.copyBytes(from: $0) }
      }
    }
    step = proof.step ?? 0
    store(proof.pre, in: &pre)
    store(proof.post, in: &post)
    store(proof.oracleKey, in: &preimage_key)
    preimage_offset = proof.oracleOffset
    version = proof.version.map { UInt32($0.rawValue) } ?? FALCONET_ANY_VERSION
    has_step = proof.step != nil
    has_pre = proof.pre != nil
    has_preimage = proof.oracleKey != nil
  }
}

@c @implementation
public func falconet_proof_state_data(
  _ proof: OpaquePointer?, _ data: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  Output.buffer(data, "data") { () throws(CallError) in
    try ProofHandle.use(proof) { $0.stateData }
  }
}

@c @implementation
public func falconet_proof_proof_data(
  _ proof: OpaquePointer?, _ data: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  Output.buffer(data, "data") { () throws(CallError) in
    try ProofHandle.use(proof) { $0.proofData }
  }
}

@c @implementation
public func falconet_proof_preimage(
  _ proof: OpaquePointer?, _ preimage: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  Output.buffer(preimage, "preimage") { () throws(CallError) in
    try ProofHandle.use(proof) { $0.oracleValue }
  }
}

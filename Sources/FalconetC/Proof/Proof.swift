// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak

/// The proof of a handle.
///
/// Safety: as ``Handle``; the proof does not change.
final class ProofHandle: Handle, @unchecked Sendable {
  override class var kind: String { "proof" }

  let proof: StepProof

  init(_ proof: StepProof) { self.proof = proof }

  /// Calls `body` with the proof of a handle.
  static func use<Value>(
    _ handle: OpaquePointer?, _ body: (StepProof) throws(CallError) -> Value
  ) throws(CallError) -> Value {
    try Handles.use(handle, ProofHandle.self) { (handle) throws(CallError) in
      try body(handle.proof)
    }
  }
}

@c @implementation
public func falconet_machine_prove(
  _ machine: OpaquePointer?, _ proof: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(proof, "proof") { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      ProofHandle(try machine.prove())
    }
  }
}

extension MachineHandle {
  /// Executes one step and proves it.
  func prove() throws(CallError) -> StepProof {
    try verify()
    try connect()
    defer { flush() }
    let result: StepWitness?
    do throws(MachineError) { result = try machine.prove() } catch {
      if let failure = reported(error) { throw failure }
      _ = control.takeCancellation()
      throw CallError(FALCONET_CANCELLED, "the call was cancelled")
    }
    guard let witness = result else {
      throw CallError(
        FALCONET_EXITED,
        "the program has exited at step \(machine.step): there is no step to prove")
    }
    return StepProof(witness)
  }
}

@c @implementation
public func falconet_proof_free(_ proof: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    if proof != nil { try Handles.remove(proof, ProofHandle.self) }
  }
}

@c @implementation
public func falconet_proof_verify(_ proof: OpaquePointer?, _ version: UInt32) -> falconet_status {
  falconet_proof_verify_revision(proof, version, nil)
}

@c @implementation
public func falconet_proof_verify_revision(
  _ proof: OpaquePointer?, _ version: UInt32, _ revision: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let version = version == FALCONET_ANY_VERSION ? nil : try Argument.version(version)
    let revisions = try Argument.revisions(revision, of: version)
    let verdict = try ProofHandle.use(proof) {
      ProofVerifier.verify($0, version: version, revisions: revisions)
    }
    guard !verdict.holds else { return }
    let faults = verdict.findings.compactMap { finding in
      finding.fault.map { "state \(finding.revision): \($0)" }
    }
    throw CallError(
      FALCONET_REJECTED, verdict.fault?.description ?? faults.joined(separator: "; "))
  }
}

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

private func read(_ source: any ByteSource) throws(StreamError) -> ProofHandle {
  ProofHandle(try ProofReader.single(source))
}

@c @implementation
public func falconet_proof_open(
  _ path: UnsafePointer<CChar>?, _ proof: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(proof, "proof") { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    return try streaming { () throws(StreamError) in try read(FileSource(path: path)) }
  }
}

@c @implementation
public func falconet_proof_open_memory(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ proof: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(proof, "proof") { () throws(CallError) in
    let source = BorrowedSource(try Argument.bytes(bytes, count, "bytes"))
    return try streaming { () throws(StreamError) in try read(source) }
  }
}

@c @implementation
public func falconet_proof_save(
  _ proof: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    try ProofHandle.use(proof) { (proof) throws(CallError) in
      try streaming { () throws(StreamError) in try proof.save(path: path) }
    }
  }
}

@c @implementation
public func falconet_proof_write(
  _ proof: OpaquePointer?, _ compression: falconet_compression, _ write: falconet_write_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let target = CallbackSink(try Argument.pointer(write, "write"), context)
    let compression = try Argument.compression(compression)
    try ProofHandle.use(proof) { (proof) throws(CallError) in
      try streaming { () throws(StreamError) in
        let sink = try compression.sink(over: target)
        try proof.write(to: sink)
        try sink.finish()
      }
    }
  }
}

// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetProofs

/// A proof as the C interface hands it out.
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
      try machine.verify()
      try machine.connect()
      let result: StepWitness?
      do throws(MachineError) { result = try machine.machine.prove() } catch {
        if let failure = machine.reported(error) { throw failure }
        _ = machine.control.takeCancellation()
        throw CallError(FALCONET_CANCELLED, "the call was cancelled")
      }
      guard let witness = result else {
        throw CallError(
          FALCONET_EXITED,
          "the program has exited at step \(machine.machine.step): there is no step to prove")
      }
      return ProofHandle(StepProof(witness))
    }
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

// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetTrace

@c @implementation
public func falconet_trace_prestate(
  _ trace: OpaquePointer?, _ claim: UnsafeMutablePointer<UInt8>?,
  _ witness: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  call { () throws(CallError) in
    witness?.pointee = falconet_buffer()
    let prestate = try TraceHandle.ask(trace) { ($0.prestateClaim, $0.prestateWitness) }
    if let witness { witness.pointee = try Output.buffer(of: prestate.1) }
    if let claim { Output.copy(prestate.0, to: claim) }
  }
}

@c @implementation
public func falconet_trace_claims(
  _ trace: OpaquePointer?, _ indices: UnsafePointer<UInt64>?, _ count: Int,
  _ claims: UnsafeMutablePointer<falconet_trace_claim>?
) -> falconet_status {
  call { () throws(CallError) in
    let claims = try Argument.room(claims, count, "claims")
    let indices = Array(try Argument.elements(indices, count, "indices"))
    let answers = try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      try provider.claims(at: indices)
    }
    for (position, answer) in answers.enumerated() {
      claims[position] = falconet_trace_claim(answer)
    }
  }
}

extension falconet_trace_claim {
  fileprivate init(_ answer: TraceClaim) {
    self.init()
    index = answer.index
    // Sound: an array of 32 bytes.
    withUnsafeMutableBytes(of: &claim) { field in
      answer.claim.withBytes { field.copyBytes(from: $0) }
    }
    past_end = answer.isPastEnd
  }
}

@c @implementation
public func falconet_trace_steps(
  _ trace: OpaquePointer?, _ indices: UnsafePointer<UInt64>?, _ count: Int,
  _ steps: UnsafeMutablePointer<falconet_trace_step>?
) -> falconet_status {
  call { () throws(CallError) in
    let steps = try Argument.room(steps, count, "steps")
    for position in steps.indices { steps[position].proof = nil }
    let indices = Array(try Argument.elements(indices, count, "indices"))
    let answers = try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      try provider.stepData(at: indices)
    }
    for (position, answer) in answers.enumerated() {
      steps[position] = falconet_trace_step(
        index: answer.index, proof: Handles.add(ProofHandle(answer.proof)),
        past_end: answer.isPastEnd)
    }
  }
}

@c @implementation
public func falconet_trace_last(
  _ trace: OpaquePointer?, _ index: UnsafeMutablePointer<UInt64>?,
  _ claim: UnsafeMutablePointer<UInt8>?, _ witness: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  call { () throws(CallError) in
    witness?.pointee = falconet_buffer()
    let end = try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      try provider.lastStep()
    }
    if let witness { witness.pointee = try Output.buffer(of: end.witness) }
    index?.pointee = end.index
    if let claim { Output.copy(end.claim, to: claim) }
  }
}

import FalconetBisect
import FalconetForeignVM
import FalconetMachine
import FalconetStreams

extension BisectReport {
  /// Writes the report as one JSON object.
  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    switch outcome {
    case .same(let step, let ended):
      try json.member("differs", false)
      try json.member("ended", ended)
      try json.member("sameUntil", step)
    case .differsAtStart(let first, let second):
      try json.member("differs", true)
      try writeClaims(first, second, to: json)
    case .differs(let last, let first, let mine, let other):
      try json.member("differs", true)
      try json.member("lastSame", last)
      try json.member("firstDifferent", first)
      try writeClaims(mine, other, to: json)
    }
    if let divergence { try write(divergence, to: json) }
    for side in [a, b] {
      try json.member("side\(side.name)") { () throws(StreamError) in
        try json.member("claims", side.claimCount)
        try json.member("executed", side.executed)
      }
    }
    try json.endObject()
    try json.finish()
  }

  private func writeClaims(
    _ first: SideClaim, _ second: SideClaim, to json: JSONWriter
  ) throws(StreamError) {
    try json.member("claimA", message: Self.text(first))
    try json.member("claimB", message: Self.text(second))
  }

  private func write(_ divergence: Divergence, to json: JSONWriter) throws(StreamError) {
    try json.member("step", divergence.step)
    if let (pc, bits) = divergence.instruction {
      try json.member("pc", address: pc)
      try json.member("instruction", address: UInt64(bits))
      try json.member("operation", divergence.operation ?? "")
      if let call = divergence.systemCall {
        try json.member("systemCall", call)
        if let name = SystemCallRow.name(of: call) { try json.member("systemCallName", name) }
      }
      if let symbols { try json.member("function", symbols.sourceName(at: pc)) }
    }
    for part in [divergence.a, divergence.b] {
      try json.member("step\(part.name)") { () throws(StreamError) in try write(part, to: json) }
    }
    guard let difference = divergence.difference else { return }
    try json.member("after", objects: difference.items) { (item) throws(StreamError) in
      try json.member("place", item.place)
      try json.member("a", item.a)
      try json.member("b", item.b)
    }
    try json.member("wordsLeftOut", difference.wordsLeftOut)
  }

  private func write(_ part: Divergence.Part, to json: JSONWriter) throws(StreamError) {
    if let text = part.step.foreign?.text { try json.member("executes", message: text) }
    if let failure = part.step.failure { try json.member("failure", message: failure) }
    if let file = proofs[part.name] { try json.member("proof", fileName: file) }
    if let verdict = part.verdict {
      try json.member("proofHolds", verdict.holds)
      let fault = verdict.fault ?? verdict.findings.compactMap(\.fault).first
      if let fault { try json.member("proofFault", fault.description) }
    } else if let foreign = part.step.foreign, foreign.isVerified {
      try json.member("proofHolds", foreign.fault == nil)
      if let fault = foreign.fault { try json.member("proofFault", message: fault) }
    }
    if part.step.proof == nil, let proof = part.step.foreign?.proof?.proof {
      try write(proof, to: json)
    }
    if let read = part.preimage {
      try json.member("preimage") { () throws(StreamError) in
        try json.member("key", hex: read.key.bytes)
        try json.member("type", PreimageKeyType.describe(read.key))
        try json.member("offset", read.offset)
        try json.member("length", read.value.count)
        try json.member("bytes", hex: read.bytes)
      }
    }
    // A VM of which nothing else is known has no memory and no registers.
    if part.step.foreign != nil, part.step.proof == nil { return }
    try json.member("memory", objects: part.execution?.accesses ?? []) {
      (access) throws(StreamError) in
      try json.member("address", address: access.address)
      try json.member("before", address: access.before)
      if let after = access.after { try json.member("after", address: after) }
    }
    try json.member("registers", objects: part.registers) { (change) throws(StreamError) in
      try json.member("name", change.name)
      try json.member("before", address: change.before)
      try json.member("after", address: change.after)
    }
  }

  /// A proof of a VM of which nothing else is known.
  private func write(_ proof: ForeignProof, to json: JSONWriter) throws(StreamError) {
    try json.member("fields", objects: proof.fields) { (field) throws(StreamError) in
      try json.member("name", message: field.name)
      try json.member("length", field.bytes.count)
    }
    guard let read = proof.read else { return }
    try json.member("preimage") { () throws(StreamError) in
      try json.member("key", hex: read.key)
      try json.member("offset", read.offset)
      try json.member("length", read.preimage.count)
    }
  }
}

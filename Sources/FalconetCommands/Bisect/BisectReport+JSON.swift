import Falconet

extension BisectReport {
  /// Writes the report as one JSON object.
  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    switch outcome {
    case .same(let step, let ended):
      try json.field("differs", false)
      try json.field("ended", ended)
      try json.field("sameUntil", step)
    case .differsAtStart(let first, let second):
      try json.field("differs", true)
      try writeClaims(first, second, to: json)
    case .differs(let last, let first, let mine, let other):
      try json.field("differs", true)
      try json.field("lastSame", last)
      try json.field("firstDifferent", first)
      try writeClaims(mine, other, to: json)
    }
    if let divergence { try write(divergence, to: json) }
    for side in [a, b] {
      try json.key("side\(side.name)")
      try json.beginObject()
      try json.field("claims", side.claimCount)
      try json.field("executed", side.executed)
      try json.endObject()
    }
    try json.endObject()
    try json.finish()
  }

  private func writeClaims(
    _ first: SideClaim, _ second: SideClaim, to json: JSONWriter
  ) throws(StreamError) {
    try json.field("claimA", string: Self.text(first))
    try json.field("claimB", string: Self.text(second))
  }

  private func write(_ divergence: Divergence, to json: JSONWriter) throws(StreamError) {
    try json.field("step", divergence.step)
    if let (pc, bits) = divergence.instruction {
      try json.field("pc", address: pc)
      try json.field("instruction", address: UInt64(bits))
      try json.field("operation", string: divergence.operation ?? "")
      if let symbols { try json.field("function", string: symbols.name(at: pc)) }
    }
    for part in [divergence.a, divergence.b] {
      try json.key("step\(part.name)")
      try json.beginObject()
      try write(part, to: json)
      try json.endObject()
    }
    guard let difference = divergence.difference else { return }
    try json.key("after")
    try json.beginArray()
    for item in difference.items {
      try json.beginObject()
      try json.field("place", string: item.place)
      try json.field("a", string: item.a)
      try json.field("b", string: item.b)
      try json.endObject()
    }
    try json.endArray()
    try json.field("wordsLeftOut", difference.wordsLeftOut)
  }

  private func write(_ part: Divergence.Part, to json: JSONWriter) throws(StreamError) {
    if let failure = part.step.failure { try json.field("failure", string: failure) }
    if let file = proofs[part.name] { try json.field("proof", string: file) }
    if let verdict = part.verdict {
      try json.field("proofHolds", verdict.holds)
      let fault = verdict.fault ?? verdict.findings.compactMap(\.fault).first
      if let fault { try json.field("proofFault", string: fault.description) }
    }
    try json.key("memory")
    try json.beginArray()
    for access in part.execution?.accesses ?? [] {
      try json.beginObject()
      try json.field("address", address: access.address)
      try json.field("before", address: access.before)
      if let after = access.after { try json.field("after", address: after) }
      try json.endObject()
    }
    try json.endArray()
    try json.key("registers")
    try json.beginArray()
    for change in part.registers {
      try json.beginObject()
      try json.field("name", string: change.name)
      try json.field("before", address: change.before)
      try json.field("after", address: change.after)
      try json.endObject()
    }
    try json.endArray()
  }
}

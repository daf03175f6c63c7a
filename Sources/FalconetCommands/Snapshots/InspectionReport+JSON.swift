import FalconetMachine
import FalconetStreams

extension InspectionReport {
  /// Writes the report as one JSON object: numbers for counts, hexadecimal for addresses and bytes.
  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("format", format.rawValue)
    try json.member("stateVersion", state.version.rawValue)
    try json.member("claim", hex: claim.bytes)
    if !inspection.isVerified { try json.member("unverified", true) }
    try json.member("witness", hex: inspection.witness)
    try json.member("status", state.status.rawValue)
    try json.member("exited", scalars.exited)
    try json.member("exitCode", scalars.exitCode)
    try json.member("step", scalars.step)
    try json.member("pages", inspection.pageCount)
    try json.member("heap", address: scalars.heap)
    try json.member("preimageKey", hex: scalars.preimageKey.bytes)
    try json.member("preimageOffset", scalars.preimageOffset)
    if let revision = state.revision { try json.member("revision", revision) }
    if !state.lastHint.isEmpty {
      let start = state.lastHint.beginning(1 << 20)
      try json.member("lastHint", hex: start)
      if state.lastHint.count > start.count {
        try json.member("lastHintBytes", state.lastHint.count)
      }
    }
    for field in otherFields { try write(field, to: json) }
    try json.key("threads")
    try json.beginArray()
    for thread in state.threads.left { try write(thread, "left", to: json) }
    for thread in state.threads.right { try write(thread, "right", to: json) }
    try json.endArray()
    try json.member("memory", objects: inspection.memoryMap) { (range) throws(StreamError) in
      try json.member("start", address: range.start)
      try json.member("pages", range.count)
      try json.member("purpose", inspection.purpose(of: range, in: state))
    }
    try json.endObject()
    try json.finish()
  }

  /// A scalar by its form.
  private func write(_ field: StateField, to json: JSONWriter) throws(StreamError) {
    switch field.form {
    case .number: try json.member(field.name, state[field])
    case .address: try json.member(field.name, address: state[field])
    case .boolean: try json.member(field.name, state[field] != 0)
    case .hash(let hash): try json.member(field.name, hex: scalars[hash].bytes)
    // No scalars.
    case .memoryRoot, .stackRoot, .registers, .stack, .hint: break
    }
  }

  /// Keys that differ from the field's name.
  private static let keys: [ThreadField: String] = [
    .id: "threadId", .futexAddress: "futexAddr", .futexValue: "futexVal",
  ]

  private func write(
    _ thread: ThreadState, _ stack: String, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    if !state.version.isSingleThreaded { try json.member("stack", stack) }
    for field in threadFields {
      let key = Self.keys[field] ?? field.name
      switch field.form {
      // Its value is compared with a word of memory, which people read in hexadecimal.
      case .number where field == .futexValue: try json.member(key, address: thread[field])
      case .number: try json.member(key, thread[field])
      case .address: try json.member(key, address: thread[field])
      case .boolean: try json.member(key, thread[field] != 0)
      // The registers come last; no thread has the others.
      case .registers, .hash, .memoryRoot, .stackRoot, .stack, .hint: break
      }
    }
    if let symbols { try json.member("function", symbols.sourceName(at: thread.pc)) }
    try json.member("registers") { () throws(StreamError) in
      for (index, name) in Registers.names.enumerated() {
        try json.member(name, address: thread.registers[index])
      }
    }
    try json.endObject()
  }
}

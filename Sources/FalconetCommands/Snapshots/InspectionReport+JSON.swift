import Falconet

extension InspectionReport {
  /// Writes the report as one JSON object: numbers for counts, hexadecimal for addresses and bytes.
  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    let scalars = state.scalars
    try json.beginObject()
    try json.field("format", string: format.rawValue)
    try json.field("stateVersion", state.version.rawValue)
    try json.field("claim", hex: claim.bytes)
    try json.field("witness", hex: inspection.witness)
    try json.field("status", state.status.rawValue)
    try json.field("exited", scalars.exited)
    try json.field("exitCode", scalars.exitCode)
    try json.field("step", scalars.step)
    try json.field("pages", inspection.pageCount)
    try json.field("heap", address: scalars.heap)
    try json.field("preimageKey", hex: scalars.preimageKey.bytes)
    try json.field("preimageOffset", scalars.preimageOffset)
    if !state.lastHint.isEmpty { try json.field("lastHint", hex: state.lastHint) }
    if !state.version.isSingleThreaded { try writeThreading(to: json) }
    try json.key("threads")
    try json.beginArray()
    for thread in state.threads.left { try write(thread, "left", to: json) }
    for thread in state.threads.right { try write(thread, "right", to: json) }
    try json.endArray()
    try json.key("memory")
    try json.beginArray()
    for range in inspection.memoryMap {
      try json.beginObject()
      try json.field("start", address: range.start)
      try json.field("pages", range.count)
      try json.field("purpose", string: Inspection.purpose(of: range, in: state))
      try json.endObject()
    }
    try json.endArray()
    try json.endObject()
    try json.finish()
  }

  private func writeThreading(to json: JSONWriter) throws(StreamError) {
    let scalars = state.scalars
    try json.field("reservationStatus", scalars.reservation.status)
    try json.field("reservationAddress", address: scalars.reservation.address)
    try json.field("reservationOwner", scalars.reservation.owner)
    try json.field("stepsSinceContextSwitch", scalars.stepsSinceContextSwitch)
    try json.field("traverseRight", scalars.traverseRight)
    try json.field("nextThreadId", scalars.nextThreadID)
    if state.version.rules.threading == .blockingFutex {
      try json.field("wakeup", address: scalars.wakeup)
    }
  }

  private func write(
    _ thread: ThreadState, _ stack: String, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    if !state.version.isSingleThreaded {
      try json.field("threadId", thread.id)
      try json.field("stack", string: stack)
      try json.field("exited", thread.exited)
      try json.field("exitCode", thread.exitCode)
    }
    if state.version.rules.threading == .blockingFutex {
      try json.field("futexAddr", address: thread.futexAddress)
      try json.field("futexVal", address: thread.futexValue)
      try json.field("futexTimeoutStep", thread.futexTimeoutStep)
    }
    try json.field("pc", address: thread.pc)
    if let symbols { try json.field("function", string: symbols.name(at: thread.pc)) }
    try json.field("nextPC", address: thread.nextPC)
    try json.field("lo", address: thread.lo)
    try json.field("hi", address: thread.hi)
    try json.key("registers")
    try json.beginObject()
    for (index, name) in Registers.names.enumerated() {
      try json.field(name, address: thread.registers[index])
    }
    try json.endObject()
    try json.endObject()
  }
}

extension JSONWriter {
  func field(_ name: String, _ value: some BinaryInteger) throws(StreamError) {
    try key(name)
    try number(value)
  }

  func field(_ name: String, _ value: Bool) throws(StreamError) {
    try key(name)
    try bool(value)
  }

  func field(_ name: String, string value: String) throws(StreamError) {
    try key(name)
    try string(value)
  }

  func field(_ name: String, hex value: [UInt8]) throws(StreamError) {
    try key(name)
    try hex(value)
  }

  /// A word, in hexadecimal without leading zeros.
  func field(_ name: String, address value: UInt64) throws(StreamError) {
    try key(name)
    try string("0x" + String(value, radix: 16))
  }
}

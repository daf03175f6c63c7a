import FalconetMachine
import FalconetStreams

extension InspectionReport {
  /// Writes the report as one JSON object: numbers for counts, hexadecimal for addresses and bytes.
  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    let scalars = state.scalars
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
    if !state.version.isSingleThreaded { try writeThreading(to: json) }
    try json.key("threads")
    try json.beginArray()
    for thread in state.threads.left { try write(thread, "left", to: json) }
    for thread in state.threads.right { try write(thread, "right", to: json) }
    try json.endArray()
    try json.member("memory", objects: inspection.memoryMap) { (range) throws(StreamError) in
      try json.member("start", address: range.start)
      try json.member("pages", range.count)
      try json.member("purpose", Inspection.purpose(of: range, in: state))
    }
    try json.endObject()
    try json.finish()
  }

  private func writeThreading(to json: JSONWriter) throws(StreamError) {
    let scalars = state.scalars
    try json.member("reservationStatus", scalars.reservation.status)
    try json.member("reservationAddress", address: scalars.reservation.address)
    try json.member("reservationOwner", scalars.reservation.owner)
    try json.member("stepsSinceContextSwitch", scalars.stepsSinceContextSwitch)
    try json.member("traverseRight", scalars.traverseRight)
    try json.member("nextThreadId", scalars.nextThreadID)
    if state.version.hasBlockingFutexes {
      try json.member("wakeup", address: scalars.wakeup)
    }
  }

  private func write(
    _ thread: ThreadState, _ stack: String, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    if !state.version.isSingleThreaded {
      try json.member("threadId", thread.id)
      try json.member("stack", stack)
      try json.member("exited", thread.exited)
      try json.member("exitCode", thread.exitCode)
    }
    if state.version.hasBlockingFutexes {
      try json.member("futexAddr", address: thread.futexAddress)
      try json.member("futexVal", address: thread.futexValue)
      try json.member("futexTimeoutStep", thread.futexTimeoutStep)
    }
    try json.member("pc", address: thread.pc)
    if let symbols { try json.member("function", symbols.sourceName(at: thread.pc)) }
    try json.member("nextPC", address: thread.nextPC)
    try json.member("lo", address: thread.lo)
    try json.member("hi", address: thread.hi)
    try json.member("registers") { () throws(StreamError) in
      for (index, name) in Registers.names.enumerated() {
        try json.member(name, address: thread.registers[index])
      }
    }
    try json.endObject()
  }
}

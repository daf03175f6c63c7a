import Falconet

/// What `--debug-info` writes: Cannon's keys in Cannon's order.
struct DebugInfo {
  private let machine: Machine

  init(_ machine: Machine) { self.machine = machine }

  func write(to sink: any ByteSink) throws(StreamError) {
    let statistics = machine.statistics
    let json = JSONWriter(to: sink)
    try json.beginObject()
    func number(_ key: String, _ value: UInt64) throws(StreamError) {
      try json.member(key, value)
    }
    func hex(_ key: String, _ value: UInt64) throws(StreamError) {
      try json.member(key, "0x" + String(value, radix: 16))
    }
    let pages = UInt64(machine.memory.pageCount)
    try number("pages", pages)
    try hex("memory_used", pages * UInt64(Memory.pageSize))
    try number("num_preimage_requests", statistics.preimageRequests)
    try number("total_preimage_size", statistics.preimageBytes)
    try number("total_steps", machine.step)
    // Code is decoded wherever it is: there is no region outside which a fetch misses.
    try number("instruction_cache_miss_count", 0)
    try hex("highest_icache_miss_pc", 0)
    try number("rmw_success_count", statistics.storeConditionalSuccesses)
    try number("rmw_fail_count", statistics.storeConditionalFailures)
    try number("max_steps_between_ll_and_sc", statistics.longestReservation)
    try number("reservation_invalidation_count", statistics.reservationsEnded)
    try number("forced_preemption_count", statistics.forcedPreemptions)
    try number("idle_step_count_thread_0", statistics.idleStepsOfFirstThread)
    try json.endObject()
    try json.finish(newlines: 2)
  }
}

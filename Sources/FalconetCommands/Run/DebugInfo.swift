import FalconetMachine
import FalconetStreams

/// What `--debug-info` writes: the keys of the Cannon release that runs the version, in its order.
struct DebugInfo {
  private let machine: Machine

  init(_ machine: Machine) { self.machine = machine }

  /// What a release tells beside pages and pre-images.
  private struct Keys {
    var steps = true
    var instructionCache = false
    var failedWakes = false
  }

  private static func keys(_ release: CannonRelease) -> Keys {
    switch release {
    case .v100: Keys(steps: false)
    case .v120, .v130: Keys(failedWakes: true)
    case .v140: Keys()
    case .v160: Keys(instructionCache: true)
    }
  }

  func write(to sink: any ByteSink) throws(StreamError) {
    let statistics = machine.statistics
    let keys = Self.keys(machine.version.cannon)
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
    if keys.steps {
      try number("total_steps", machine.step)
      if keys.instructionCache {
        // Code is decoded wherever it is: there is no region outside which a fetch misses.
        try number("instruction_cache_miss_count", 0)
        try hex("highest_icache_miss_pc", 0)
      }
      try number("rmw_success_count", statistics.storeConditionalSuccesses)
      try number("rmw_fail_count", statistics.storeConditionalFailures)
      try number("max_steps_between_ll_and_sc", statistics.longestReservation)
      try number("reservation_invalidation_count", statistics.reservationsEnded)
      try number("forced_preemption_count", statistics.forcedPreemptions)
      if keys.failedWakes { try number("failed_wakeup_count", statistics.failedWakes) }
      try number("idle_step_count_thread_0", statistics.idleStepsOfFirstThread)
    }
    try json.endObject()
    try json.finish(newlines: 2)
  }
}

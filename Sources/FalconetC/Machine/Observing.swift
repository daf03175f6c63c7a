// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetReplay

@c @implementation
public func falconet_machine_observe(
  _ machine: OpaquePointer?, _ step: UInt64, _ filter: UnsafePointer<falconet_filter>?,
  _ observe: falconet_observe_fn?, _ context: UnsafeMutableRawPointer?,
  _ stop: UnsafeMutablePointer<falconet_stop>?
) -> falconet_status {
  call { () throws(CallError) in
    let handle = machine
    try MachineHandle.use(handle) { (machine) throws(CallError) in
      let stop = try Argument.pointer(stop, "stop")
      guard let filter else { throw .invalid("filter is NULL") }
      guard let observe else { throw .invalid("observe is NULL") }
      let request = try ScanRequest(filter.pointee)
      if let problem = request.problem(machine.machine.version) { throw .invalid(problem) }
      stop.pointee = try machine.observe(
        until: step, request,
        Observer(function: observe, context: context, handle: handle))
    }
  }
}

/// Safety: lists have as many elements as the filter says, which is the caller's promise, and are read
/// during the call only.
extension ScanRequest {
  fileprivate init(_ filter: falconet_filter) throws(CallError) {
    self.init()
    conditions.writes = try Self.ranges(filter.writes, filter.write_count, "writes")
    conditions.reads = try Self.ranges(filter.reads, filter.read_count, "reads")
    conditions.addresses = Set(
      try Argument.elements(filter.addresses, filter.address_count, "addresses"))
    conditions.systemCalls = filter.system_calls
    preimages = filter.host_requests
    hints = filter.host_requests
  }

  private static func ranges(
    _ ranges: UnsafePointer<falconet_range>?, _ count: Int, _ name: String
  ) throws(CallError) -> [WatchedRange] {
    try Argument.elements(ranges, count, name).filter { $0.count > 0 }
      .map { WatchedRange($0.start, count: $0.count) }
  }
}

extension MachineHandle {
  fileprivate func observe(
    until step: UInt64, _ request: ScanRequest, _ observer: Observer
  ) throws(CallError) -> falconet_stop {
    if control.takeCancellation() { return FALCONET_STOP_CANCELLED }
    try connect()
    defer { flush() }
    var isEnded = false
    do throws(MachineError) {
      let stop = try machine.scan(until: step, for: request) { hit in
        isEnded = !visited { observer.report(hit) } || control.shouldStop(at: machine.step)
        return !isEnded
      }
      switch stop {
      case .step where !isEnded: return FALCONET_STOP_STEP
      case .exited: return FALCONET_STOP_EXITED
      case .step, .interrupted, .address, .access, .systemCallWrote, .systemCall, .threadSwitch:
        break
      }
    } catch {
      if let failure = reported(error) { throw failure }
    }
    _ = control.takeCancellation()
    return FALCONET_STOP_CANCELLED
  }
}

/// Calls the function of a caller for each event.
///
/// Safety: the context and the handle are passed on, never followed; what the function gets is valid
/// during its call.
private struct Observer {
  let function: falconet_observe_fn
  let context: UnsafeMutableRawPointer?
  let handle: OpaquePointer?

  /// Whether the run continues.
  func report(_ hit: ScanHit) -> Bool {
    let registers = (0..<32).map { hit.thread.registers[$0] } + [hit.thread.hi, hit.thread.lo]
    return registers.withUnsafeBufferPointer { registers in
      hit.events.allSatisfy { report($0, of: hit, registers) }
    }
  }

  private func report(
    _ event: ScanHit.Event, of hit: ScanHit, _ registers: UnsafeBufferPointer<UInt64>
  ) -> Bool {
    var observed = falconet_observation()
    observed.step = hit.step
    observed.thread = hit.thread.id
    observed.pc = hit.pc
    observed.registers = registers.baseAddress
    switch event {
    case .instruction:
      observed.kind = FALCONET_OBSERVED_INSTRUCTION
      return function(context, handle, &observed)
    case .access(let access, let before, let after):
      observed.kind = access.isWrite ? FALCONET_OBSERVED_WRITE : FALCONET_OBSERVED_READ
      observed.address = access.range.start
      observed.size = access.range.last &- access.range.start &+ 1
      observed.before = access.firstBytes(of: before)
      observed.after = access.firstBytes(of: after)
      return function(context, handle, &observed)
    case .systemCall(let call): return report(call, observed)
    case .preimage(let key, let size):
      observed.kind = FALCONET_OBSERVED_PREIMAGE
      observed.size = UInt64(size)
      return report(key.bytes, observed)
    case .hint(let bytes, let size):
      observed.kind = FALCONET_OBSERVED_HINT
      observed.size = UInt64(size)
      return report(bytes, observed)
    // A filter asks for neither.
    case .call, .output: return true
    }
  }

  private func report(_ bytes: [UInt8], _ observed: falconet_observation) -> Bool {
    bytes.withUnsafeBufferPointer {
      var observed = observed
      observed.bytes = $0.baseAddress
      observed.count = $0.count
      return function(context, handle, &observed)
    }
  }

  private func report(_ call: SystemCallRecord, _ observed: falconet_observation) -> Bool {
    var observed = observed
    observed.kind = FALCONET_OBSERVED_SYSTEM_CALL
    observed.number = call.number
    withUnsafeMutableBytes(of: &observed.arguments) { bytes in
      let places = bytes.bindMemory(to: UInt64.self)
      for (index, argument) in call.arguments.enumerated() { places[index] = argument }
    }
    switch call.answer {
    case .value(let value):
      observed.is_answered = true
      observed.result = value
    case .error(let number):
      observed.is_answered = true
      observed.error = number
    case nil: break
    }
    guard let name = call.name else { return function(context, handle, &observed) }
    return name.withCString {
      observed.name = $0
      return function(context, handle, &observed)
    }
  }
}

// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetProofs
import FalconetRun

@c @implementation
public func falconet_machine_set_engine(
  _ machine: OpaquePointer?, _ engine: falconet_engine
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      machine.machine.engine = try Argument.engine(engine)
    }
  }
}

@c @implementation
public func falconet_machine_set_progress(
  _ machine: OpaquePointer?, _ progress: falconet_progress_fn?, _ interval: UInt64,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) {
      $0.control.progress = ProgressReport(
        to: progress, every: interval, context, from: $0.machine.step)
    }
  }
}

@c @implementation
public func falconet_machine_cancel(_ machine: OpaquePointer?) -> falconet_status {
  // Not `use`: the point is to reach a machine that runs.
  call { () throws(CallError) in
    try Handles.find(machine, MachineHandle.self).control.cancel()
  }
}

@c @implementation
public func falconet_machine_resume(_ machine: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    _ = try Handles.find(machine, MachineHandle.self).control.takeCancellation()
  }
}

@c @implementation
public func falconet_machine_set_stop_range(
  _ machine: OpaquePointer?, _ start: UInt64, _ end: UInt64
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      guard start <= end else { throw .invalid("the range ends before it starts") }
      machine.machine.stopRange = start == end ? nil : start..<end
    }
  }
}

@c @implementation
public func falconet_machine_set_page_limit(
  _ machine: OpaquePointer?, _ pages: UInt64
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      machine.machine.pageLimit = pages == 0 ? .max : Int(clamping: pages)
    }
  }
}

@c @implementation
public func falconet_machine_set_hint_limit(
  _ machine: OpaquePointer?, _ bytes: UInt64
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      machine.machine.hintLimit = bytes == 0 ? Machine.usualHintLimit : bytes
    }
  }
}

@c @implementation
public func falconet_machine_run(
  _ machine: OpaquePointer?, _ step: UInt64, _ flags: UInt32,
  _ stop: UnsafeMutablePointer<falconet_stop>?
) -> falconet_status {
  falconet_machine_run_events(machine, step, flags, nil, stop)
}

@c @implementation
public func falconet_machine_run_events(
  _ machine: OpaquePointer?, _ step: UInt64, _ flags: UInt32,
  _ events: UnsafePointer<falconet_events>?, _ stop: UnsafeMutablePointer<falconet_stop>?
) -> falconet_status {
  call { () throws(CallError) in
    let handle = machine
    try MachineHandle.use(handle) { (machine) throws(CallError) in
      let stop = try Argument.pointer(stop, "stop")
      guard flags & ~FALCONET_RUN_TO_PREIMAGE_READ == 0 else {
        throw .invalid("there are no flags \(flags) of a run")
      }
      var schedule = try RunSchedule(events?.pointee ?? falconet_events())
      schedule.asksAfterPreimageReads = flags & FALCONET_RUN_TO_PREIMAGE_READ != 0
      stop.pointee = try machine.run(
        until: step, schedule,
        RunEvents(machine: machine, handle: handle, functions: events?.pointee))
    }
  }
}

extension RunSchedule {
  fileprivate init(_ events: falconet_events) throws(CallError) {
    self.init()
    proofs = try StepPatterns(events.proofs, "proofs.at")
    snapshots = try StepPatterns(events.pauses, "pauses.at")
  }
}

extension StepPatterns {
  fileprivate init(_ steps: falconet_steps, _ name: String) throws(CallError) {
    let list = try Argument.elements(steps.at, steps.count, name)
    self.init(of: list.map { .at($0) } + (steps.every == 0 ? [] : [.every(steps.every)]))
  }
}

extension MachineHandle {
  /// Runs until a step, or until something else stops it.
  func run(
    until step: UInt64, _ schedule: RunSchedule, _ events: RunEvents
  ) throws(CallError) -> falconet_stop {
    if control.takeCancellation() { return FALCONET_STOP_CANCELLED }
    try connect()
    defer { flush() }
    do throws(RunEvents.Failure) {
      switch try machine.run(until: step, schedule, events) {
      case .stop: return FALCONET_STOP_STEP
      case .exited: return FALCONET_STOP_EXITED
      case .preimageRead: return FALCONET_STOP_PREIMAGE_READ
      case .stopRange: return FALCONET_STOP_ADDRESS
      case .interrupted: break
      }
    } catch {
      switch error {
      case .cancelled: break
      case .machine(let failure): if let failure = reported(failure) { throw failure }
      case .call(let failure): throw failure
      }
    }
    _ = control.takeCancellation()
    return FALCONET_STOP_CANCELLED
  }
}

/// Calls the functions of a caller's events.
///
/// Safety: the context and the handle are passed on, never followed.
struct RunEvents: RunObserver {
  /// Why a run ended early.
  enum Failure: Error {
    case cancelled
    case machine(MachineError)
    case call(CallError)
  }

  let machine: MachineHandle
  /// What the functions get as the machine.
  var handle: OpaquePointer?
  var functions: falconet_events?

  func attend() throws(Failure) {
    // Between events that follow one another closely the machine itself does not ask.
    if machine.control.shouldStop(at: machine.machine.step) { throw .cancelled }
  }

  func report() {}

  func snapshot() throws(Failure) {
    guard let functions, let pause = functions.on_pause else { return }
    guard machine.visited({ pause(functions.context, handle) }) else { throw .cancelled }
  }

  func proving() throws(Failure) {
    do { try machine.verify() } catch { throw .call(error) }
  }

  func proved(_ witness: StepWitness) throws(Failure) {
    guard let functions, let take = functions.on_proof else { return }
    let proof = Handles.add(ProofHandle(StepProof(witness)))
    guard machine.visited({ take(functions.context, proof) }) else { throw .cancelled }
  }

  func stops(after read: PreimageRead, step: UInt64) -> Bool { true }

  func failure(_ error: MachineError) -> Failure { .machine(error) }
}

@c @implementation
public func falconet_machine_last_read(
  _ machine: OpaquePointer?, _ key: UnsafeMutablePointer<UInt8>?,
  _ offset: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      let key = try Argument.pointer(key, "key")
      let offset = try Argument.pointer(offset, "offset")
      guard let read = machine.machine.lastPreimageRead else {
        throw CallError(FALCONET_NOT_FOUND, "the last step read no pre-image")
      }
      Output.copy(read.key, to: key)
      offset.pointee = read.offset
    }
  }
}

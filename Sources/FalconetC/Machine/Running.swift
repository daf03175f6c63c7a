// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine

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
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      let stop = try Argument.pointer(stop, "stop")
      guard flags & ~FALCONET_RUN_TO_PREIMAGE_READ == 0 else {
        throw .invalid("there are no flags \(flags) of a run")
      }
      stop.pointee = try machine.run(
        until: step, stopAfterPreimageRead: flags & FALCONET_RUN_TO_PREIMAGE_READ != 0)
    }
  }
}

extension MachineHandle {
  fileprivate func run(
    until step: UInt64, stopAfterPreimageRead: Bool
  ) throws(CallError) -> falconet_stop {
    if control.takeCancellation() { return FALCONET_STOP_CANCELLED }
    let reason = try execute { () throws(MachineError) in
      try machine.run(until: step, stopAfterPreimageRead: stopAfterPreimageRead)
    }
    switch reason {
    case .step: return FALCONET_STOP_STEP
    case .exited: return FALCONET_STOP_EXITED
    case .preimageRead: return FALCONET_STOP_PREIMAGE_READ
    case .stopRange: return FALCONET_STOP_ADDRESS
    case .interrupted, nil:
      _ = control.takeCancellation()
      return FALCONET_STOP_CANCELLED
    }
  }
}

@c @implementation
public func falconet_machine_last_read(
  _ machine: OpaquePointer?, _ key: UnsafeMutablePointer<UInt8>?,
  _ offset: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
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

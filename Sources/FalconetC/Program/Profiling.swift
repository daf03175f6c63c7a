// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetInsight
import FalconetMachine
import FalconetStreams

/// The profile of a handle.
///
/// Safety: as ``Handle``; the profile does not change.
final class ProfileHandle: Handle, @unchecked Sendable {
  override class var kind: String { "profile" }

  let profile: Profile

  init(_ profile: Profile) { self.profile = profile }
}

@c @implementation
public func falconet_machine_profile(
  _ machine: OpaquePointer?, _ step: UInt64, _ program: OpaquePointer?, _ interval: UInt64,
  _ stop: UnsafeMutablePointer<falconet_stop>?, _ profile: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(profile, "profile") { () throws(CallError) in
    let stop = try Argument.pointer(stop, "stop")
    let guest = try ProgramHandle.guest(program)
    return try MachineHandle.use(machine) { (machine) throws(CallError) in
      let profiler = Profiler(
        machine.machine, symbols: guest.symbols, frames: guest.frames,
        interval: interval == 0 ? .adaptive : .steps(interval))
      stop.pointee = try machine.run(until: step) { (step) throws(MachineError) in
        try profiler.run(until: step)
      }
      return ProfileHandle(profiler.profile)
    }
  }
}

extension MachineHandle {
  /// Runs the machine by `run`, which other events than the step may end.
  fileprivate func run(
    until step: UInt64, _ run: (UInt64) throws(MachineError) -> StopReason
  ) throws(CallError) -> falconet_stop {
    if control.takeCancellation() { return FALCONET_STOP_CANCELLED }
    try connect()
    defer { flush() }
    do throws(MachineError) {
      switch try run(step) {
      case .step: return FALCONET_STOP_STEP
      case .exited: return FALCONET_STOP_EXITED
      case .preimageRead: return FALCONET_STOP_PREIMAGE_READ
      case .stopRange: return FALCONET_STOP_ADDRESS
      case .interrupted: break
      }
    } catch { if let failure = reported(error) { throw failure } }
    _ = control.takeCancellation()
    return FALCONET_STOP_CANCELLED
  }
}

extension ProfileFormat {
  fileprivate init(_ format: falconet_profile_format) throws(CallError) {
    switch format {
    case FALCONET_PROFILE_PPROF: self = .pprof
    case FALCONET_PROFILE_FOLDED: self = .folded
    case FALCONET_PROFILE_FLAME_GRAPH: self = .flameGraph
    default: throw .invalid("there is no falconet_profile_format \(format.rawValue)")
    }
  }
}

@c @implementation
public func falconet_profile_save(
  _ profile: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    try Handles.use(profile, ProfileHandle.self) { (handle) throws(CallError) in
      try streaming { () throws(StreamError) in
        let format = try ProfileFormat(fileName: path)
        try AtomicFile.write(path: path) { (sink) throws(StreamError) in
          try format.write(handle.profile, to: sink)
        }
      }
    }
  }
}

@c @implementation
public func falconet_profile_write(
  _ profile: OpaquePointer?, _ format: falconet_profile_format,
  _ compression: falconet_compression, _ write: falconet_write_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let target = CallbackSink(try Argument.pointer(write, "write"), context)
    let format = try ProfileFormat(format)
    let compression = try Argument.compression(compression)
    try Handles.use(profile, ProfileHandle.self) { (handle) throws(CallError) in
      try streaming { () throws(StreamError) in
        try format.write(handle.profile, to: compression.sink(over: target))
      }
    }
  }
}

@c @implementation
public func falconet_profile_free(_ profile: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    if profile != nil { try Handles.remove(profile, ProfileHandle.self) }
  }
}

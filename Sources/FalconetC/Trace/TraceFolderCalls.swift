// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetTrace

@c @implementation
public func falconet_trace_get_info(
  _ trace: OpaquePointer?, _ info: UnsafeMutablePointer<falconet_trace_info>?
) -> falconet_status {
  call { () throws(CallError) in
    let info = try Argument.pointer(info, "info")
    info.pointee = try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      falconet_trace_info(try provider.status(), provider.version)
    }
  }
}

extension falconet_trace_info {
  fileprivate init(_ status: TraceStatus, _ version: StateVersion) {
    self.init()
    end = status.end?.index ?? 0
    claims = UInt64(status.claimCount)
    snapshots = UInt64(status.snapshots.count)
    checkpoints = UInt64(status.checkpoints.count)
    size = status.size
    budget = status.budget
    executed = status.executedSteps
    self.version = UInt32(version.rawValue)
    has_end = status.end != nil
  }
}

@c @implementation
public func falconet_trace_snapshots(
  _ trace: OpaquePointer?, _ steps: UnsafeMutablePointer<UInt64>?, _ room: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> falconet_status {
  call { () throws(CallError) in
    let count = try Argument.pointer(count, "count")
    let steps = try Argument.room(steps, room, "steps")
    let snapshots = try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      try provider.status().snapshots
    }
    for (position, step) in snapshots.prefix(room).enumerated() { steps[position] = step }
    count.pointee = snapshots.count
  }
}

/// Safety: the texts are valid during the call of the callback; the context is passed on, never
/// followed.
extension TraceIncident {
  fileprivate func tell(_ callback: falconet_incident_fn, _ context: UnsafeMutableRawPointer?) {
    path.withFileName { path in
      reason.readableFileName.withCString { reason in
        movedTo.withFileName { callback(context, path, reason, $0) }
      }
    }
  }
}

@c @implementation
public func falconet_trace_incidents(
  _ trace: OpaquePointer?, _ incident: falconet_incident_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let callback = try Argument.pointer(incident, "incident")
    try TraceHandle.ask(trace) { provider in
      for incident in provider.incidents { incident.tell(callback, context) }
    }
  }
}

@c @implementation
public func falconet_trace_prune(_ trace: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.ask(trace) { (provider) throws(TraceError) in try provider.prune() }
  }
}

@c @implementation
public func falconet_trace_export(
  _ trace: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    try TraceHandle.ask(trace) { (provider) throws(TraceError) in try provider.export(to: path) }
  }
}

@c @implementation
public func falconet_trace_adopt(
  _ trace: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ adoption: UnsafeMutablePointer<falconet_trace_adoption>?, _ refused: falconet_incident_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    try TraceHandle.ask(trace) { (provider) throws(TraceError) in
      let result = try provider.adopt(from: path)
      adoption?.pointee = falconet_trace_adoption(
        proofs: UInt64(result.proofs), snapshots: UInt64(result.snapshots),
        has_end: result.hasEnd)
      guard let refused else { return }
      for incident in result.refused { incident.tell(refused, context) }
    }
  }
}

@c @implementation
public func falconet_trace_delete(_ trace: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.ask(trace) { (provider) throws(TraceError) in try provider.deleteAll() }
  }
}

@c @implementation
public func falconet_trace_delete_folder(_ path: UnsafePointer<CChar>?) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    do throws(TraceError) { try TraceProvider.deleteAll(directory: path) } catch {
      throw CallError(error)
    }
  }
}

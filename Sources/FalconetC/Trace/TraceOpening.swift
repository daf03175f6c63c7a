// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetSnapshots
import FalconetStreams
import FalconetTrace

extension TraceOptions {
  /// Zeros stand for the defaults.
  fileprivate init(_ options: falconet_trace_options) throws(CallError) {
    self.init()
    if options.snapshot_interval > 0 { snapshotInterval = options.snapshot_interval }
    if options.disk_budget > 0 { diskBudget = options.disk_budget }
    if options.memory_budget > 0 { memoryBudget = options.memory_budget }
    if options.checkpoints > 0 { checkpointCount = max(Int(options.checkpoints), 2) }
    if options.hint_limit > 0 { hintLimit = options.hint_limit }
    engine = try Argument.engine(options.engine)
  }
}

extension falconet_trace_options {
  /// The name of the revision; nil if none is chosen.
  fileprivate var revisionName: String? {
    get throws(CallError) { revision == nil ? nil : try Argument.text(revision, "revision") }
  }
}

@c @implementation
public func falconet_trace_open(
  _ folder: UnsafePointer<CChar>?, _ prestate: UnsafePointer<CChar>?,
  _ options: UnsafePointer<falconet_trace_options>?,
  _ trace: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(trace, "trace") { () throws(CallError) in
    let folder = try Argument.fileName(folder, "folder")
    let path = try Argument.fileName(prestate, "prestate")
    let options = options?.pointee ?? falconet_trace_options()
    let reading = try SnapshotReading(options.prestate, file: path)
    let revision = try options.revisionName
    return try TraceHandle(folder: folder, TraceOptions(options)) {
      var source = TraceSource(prestateFile: path, reading, preimages: $0)
      source.isChecked = true
      source.revision = revision
      return source
    }
  }
}

@c @implementation
public func falconet_trace_open_machine(
  _ folder: UnsafePointer<CChar>?, _ prestate: OpaquePointer?,
  _ options: UnsafePointer<falconet_trace_options>?,
  _ trace: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(trace, "trace") { () throws(CallError) in
    let folder = try Argument.fileName(folder, "folder")
    let given = options?.pointee ?? falconet_trace_options()
    let revision = try given.revisionName
    let options = try TraceOptions(given)
    let image = try MachineHandle.use(prestate) { (machine) throws(CallError) in
      try machine.verify()
      return machine.machine.checkpoint()
    }
    return try TraceHandle(folder: folder, options) {
      var source = TraceSource(
        prestate: { () throws(StreamError) in try MemoryImage(copying: image) }, preimages: $0)
      source.isChecked = true
      source.revision = revision
      return source
    }
  }
}

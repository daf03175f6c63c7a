// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetOracle

// A trace's source of pre-images, and its progress callback.

@c @implementation
public func falconet_trace_set_preimages(
  _ trace: OpaquePointer?, _ preimage: falconet_preimage_fn?, _ hint: falconet_hint_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) {
      $0.setSource(.callbacks(CallbackOracle(preimage: preimage, hint: hint, context: context)))
    }
  }
}

@c @implementation
public func falconet_trace_set_preimage_folder(
  _ trace: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { (trace) throws(CallError) in
      let path = try Argument.fileName(path, "path")
      // A directory that does not exist is an error here, not at the first step.
      do throws(PreimageError) { _ = try DirectoryOracle(path: path) } catch {
        throw CallError(error)
      }
      trace.setSource(PreimageSource(.directory(path)))
    }
  }
}

@c @implementation
public func falconet_trace_set_preimage_server(
  _ trace: OpaquePointer?, _ command: UnsafePointer<UnsafePointer<CChar>?>?, _ timeout: UInt32,
  _ output: falconet_output_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { (trace) throws(CallError) in
      trace.setSource(try .server(command, timeout, output, context))
    }
  }
}

@c @implementation
public func falconet_trace_set_source_identity(
  _ trace: OpaquePointer?, _ identity: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { (trace) throws(CallError) in
      trace.setIdentity(
        identity == nil ? nil : Array(try Argument.text(identity, "identity").utf8))
    }
  }
}

@c @implementation
public func falconet_trace_set_local_input(
  _ trace: OpaquePointer?, _ index: UInt64, _ bytes: UnsafeRawPointer?, _ count: Int
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { (trace) throws(CallError) in
      trace.setLocalInput(index, Array(try Argument.bytes(bytes, count, "bytes")))
    }
  }
}

@c @implementation
public func falconet_trace_set_progress(
  _ trace: OpaquePointer?, _ progress: falconet_progress_fn?, _ interval: UInt64,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { $0.report(ProgressReport(to: progress, every: interval, context)) }
  }
}

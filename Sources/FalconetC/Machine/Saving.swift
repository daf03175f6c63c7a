// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import Falconet

@c @implementation
public func falconet_machine_save(
  _ machine: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ format: falconet_format
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    let format = try Argument.format(format)
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try streaming { () throws(StreamError) in
        try Snapshot.save(MemoryImage(machine.machine), path: path, to: format)
      }
    }
  }
}

@c @implementation
public func falconet_machine_write(
  _ machine: OpaquePointer?, _ format: falconet_format, _ compression: falconet_compression,
  _ write: falconet_write_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let sink = CallbackSink(try Argument.pointer(write, "write"), context)
    let compression = try Argument.compression(compression)
    guard let format = try Argument.format(format) else {
      throw .invalid("a callback has no name to tell the format: give one")
    }
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try streaming { () throws(StreamError) in
        try Snapshot.write(
          MemoryImage(machine.machine), to: compression.sink(over: sink), as: format)
      }
    }
  }
}

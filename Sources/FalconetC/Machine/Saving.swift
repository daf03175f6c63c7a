// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetSnapshots
import FalconetStreams

@c @implementation
public func falconet_machine_save(
  _ machine: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ format: falconet_format
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    let given = try Argument.format(format)
    let format = try streaming { () throws(StreamError) in
      if let given { given } else { try SnapshotFormat(fileName: path) }
    }
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      // Other formats are written without hashing the pages.
      if format.statesRoots { try machine.verify() }
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
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      if format.statesRoots { try machine.verify() }
      try streaming { () throws(StreamError) in
        try Snapshot.write(
          MemoryImage(machine.machine), to: compression.sink(over: sink), as: format)
      }
    }
  }
}

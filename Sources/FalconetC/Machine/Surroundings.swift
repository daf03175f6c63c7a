// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetOracle

// A machine's source of pre-images, and the receiver of its output.

@c @implementation
public func falconet_machine_set_preimages(
  _ machine: OpaquePointer?, _ preimage: falconet_preimage_fn?, _ hint: falconet_hint_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try machine.setSource(
        .callbacks(CallbackOracle(preimage: preimage, hint: hint, context: context)))
    }
  }
}

@c @implementation
public func falconet_machine_set_preimage_folder(
  _ machine: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try machine.setSource(PreimageSource(.directory(Argument.fileName(path, "path"))))
    }
  }
}

@c @implementation
public func falconet_machine_set_preimage_server(
  _ machine: OpaquePointer?, _ command: UnsafePointer<UnsafePointer<CChar>?>?, _ timeout: UInt32,
  _ output: falconet_output_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try machine.setSource(.server(command, timeout, output, context))
    }
  }
}

@c @implementation
public func falconet_machine_set_local_input(
  _ machine: OpaquePointer?, _ index: UInt64, _ bytes: UnsafeRawPointer?, _ count: Int
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      machine.setLocalInput(index, Array(try Argument.bytes(bytes, count, "bytes")))
    }
  }
}

@c @implementation
public func falconet_machine_set_output(
  _ machine: OpaquePointer?, _ output: falconet_output_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) {
      $0.machine.onOutput = { stream, bytes in
        bytes.withUnsafeBufferPointer {
          output?(context, Int32(stream.rawValue), $0.baseAddress, $0.count)
        }
      }
    }
  }
}

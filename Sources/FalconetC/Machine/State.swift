// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine

/// Writes what `value` returns of a machine to the caller's result.
private func query<Value>(
  _ machine: OpaquePointer?, _ result: UnsafeMutablePointer<Value>?, _ name: String,
  _ value: (Machine) throws(CallError) -> Value
) -> falconet_status {
  call { () throws(CallError) in
    let result = try Argument.pointer(result, name)
    result.pointee = try MachineHandle.look(machine) { (machine) throws(CallError) in
      try value(machine.machine)
    }
  }
}

@c @implementation
public func falconet_machine_version(
  _ machine: OpaquePointer?, _ version: UnsafeMutablePointer<UInt32>?
) -> falconet_status {
  query(machine, version, "version") { UInt32($0.version.rawValue) }
}

@c @implementation
public func falconet_machine_step(
  _ machine: OpaquePointer?, _ step: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  query(machine, step, "step") { $0.step }
}

@c @implementation
public func falconet_machine_exit(
  _ machine: OpaquePointer?, _ exited: UnsafeMutablePointer<Bool>?,
  _ code: UnsafeMutablePointer<UInt8>?
) -> falconet_status {
  call { () throws(CallError) in
    let exited = try Argument.pointer(exited, "exited")
    let code = try Argument.pointer(code, "code")
    try MachineHandle.look(machine) {
      exited.pointee = $0.machine.hasExited
      code.pointee = $0.machine.hasExited ? $0.machine.state.scalars.exitCode : 0
    }
  }
}

@c @implementation
public func falconet_machine_claim(
  _ machine: OpaquePointer?, _ claim: UnsafeMutablePointer<UInt8>?
) -> falconet_status {
  call { () throws(CallError) in
    let claim = try Argument.pointer(claim, "claim")
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      try machine.verify()
      Output.copy(machine.machine.claim(), to: claim)
    }
  }
}

@c @implementation
public func falconet_machine_witness(
  _ machine: OpaquePointer?, _ witness: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  Output.buffer(witness, "witness") { () throws(CallError) in
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      try machine.verify()
      return machine.machine.witness()
    }
  }
}

@c @implementation
public func falconet_machine_is_verified(
  _ machine: OpaquePointer?, _ verified: UnsafeMutablePointer<Bool>?
) -> falconet_status {
  call { () throws(CallError) in
    let verified = try Argument.pointer(verified, "verified")
    try MachineHandle.look(machine) { verified.pointee = $0.isVerified }
  }
}

@c @implementation
public func falconet_machine_page_count(
  _ machine: OpaquePointer?, _ count: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  query(machine, count, "count") { UInt64($0.memory.pageCount) }
}

@c @implementation
public func falconet_machine_read_memory(
  _ machine: OpaquePointer?, _ address: UInt64, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.look(machine) { (machine) throws(CallError) in
      // Sound: the caller promises room for as many bytes.
      let room = UnsafeMutableRawBufferPointer(
        mutating: try Argument.bytes(bytes, count, "bytes"))
      machine.machine.memory.copy(to: room, from: address)
    }
  }
}

extension Memory {
  /// Copies the bytes from an address on; the range wraps at the end of the address space.
  fileprivate func copy(to room: UnsafeMutableRawBufferPointer, from address: UInt64) {
    var done = 0
    while done < room.count {
      let position = (address &+ UInt64(done)) & wordSize.mask
      withPage(position >> 12) { page in
        let part = page[Int(position & 0xFFF)...].prefix(room.count - done)
        UnsafeMutableRawBufferPointer(rebasing: room[done...]).copyBytes(from: part)
        done += part.count
      }
    }
  }
}

@c @implementation
public func falconet_machine_thread_count(
  _ machine: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?
) -> falconet_status {
  query(machine, count, "count") { $0.state.threads.count }
}

@c @implementation
public func falconet_machine_thread(
  _ machine: OpaquePointer?, _ position: Int, _ thread: UnsafeMutablePointer<falconet_thread>?
) -> falconet_status {
  query(machine, thread, "thread") { (machine) throws(CallError) in
    let threads = machine.state.threads
    guard (0..<threads.count).contains(position) else {
      throw CallError(
        FALCONET_NOT_FOUND, "there is no thread \(position) of \(threads.count), from 0 on")
    }
    let isRight = position >= threads.left.count
    let stack = isRight ? threads.right : threads.left
    let level = isRight ? position - threads.left.count : position
    var thread = falconet_thread(stack[level])
    thread.right = isRight
    thread.active =
      isRight == machine.state.scalars.traverseRight && level == stack.count - 1
    return thread
  }
}

extension falconet_thread {
  fileprivate init(_ thread: ThreadState) {
    self.init()
    for field in ThreadField.allCases { take(field, from: thread) }
  }

  private mutating func take(_ field: ThreadField, from thread: ThreadState) {
    let value = thread[field]
    switch field {
    case .id: id = value
    case .exitCode: exit_code = thread.exitCode
    case .exited: exited = thread.exited
    case .futexAddress: futex_address = value
    case .futexValue: futex_value = value
    case .futexTimeoutStep: futex_timeout_step = value
    case .pc: pc = value
    case .nextPC: next_pc = value
    case .lo: lo = value
    case .hi: hi = value
    case .registers:
      withUnsafeMutableBytes(of: &registers) { bytes in
        for index in 0..<32 {
          bytes.storeBytes(of: thread.registers[index], toByteOffset: 8 * index, as: UInt64.self)
        }
      }
    }
  }
}

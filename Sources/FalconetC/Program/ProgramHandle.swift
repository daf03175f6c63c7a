// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetELF
import FalconetInsight

/// The program of a handle.
///
/// Safety: it does not change, so that many calls may use it at once.
final class ProgramHandle: Handle, @unchecked Sendable {
  override class var kind: String { "program" }

  let elf: ELFFile
  let guest: GuestProgram

  init(_ file: () throws(ELFError) -> ELFFile) throws(CallError) {
    do throws(ELFError) {
      elf = try file()
      guest = try GuestProgram(elf)
    } catch { throw CallError(error) }
  }

  /// What is known of the program of a handle; nothing if it is NULL.
  static func guest(_ handle: OpaquePointer?) throws(CallError) -> GuestProgram {
    handle == nil ? GuestProgram(symbols: nil) : try Handles.find(handle, ProgramHandle.self).guest
  }
}

@c @implementation
public func falconet_program_open(
  _ path: UnsafePointer<CChar>?, _ program: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(program, "program") { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    return try ProgramHandle { () throws(ELFError) in try ELFFile(path: path) }
  }
}

@c @implementation
public func falconet_program_open_memory(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ program: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(program, "program") { () throws(CallError) in
    let bytes = Array(try Argument.bytes(bytes, count, "bytes"))
    return try ProgramHandle { () throws(ELFError) in try ELFFile(bytes: bytes, name: "memory") }
  }
}

@c @implementation
public func falconet_program_free(_ program: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    if program != nil { try Handles.remove(program, ProgramHandle.self) }
  }
}

@c @implementation
public func falconet_machine_traceback(
  _ machine: OpaquePointer?, _ program: OpaquePointer?,
  _ text: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  Output.buffer(text, "text") { () throws(CallError) in
    let guest = try ProgramHandle.guest(program)
    let lines = try MachineHandle.look(machine) { guest.traceback(of: $0.machine).lines() }
    return lines.flatMap { Array("\($0)\n".utf8) }
  }
}

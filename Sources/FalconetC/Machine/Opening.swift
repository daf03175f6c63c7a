// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetELF
import FalconetSnapshots
import FalconetStreams

extension SnapshotReading {
  /// How a snapshot is read: of a file, with the bases of a delta beside it by default.
  init(_ options: falconet_reading, file: String?) throws(CallError) {
    let bases: FsnapBaseLocation =
      if options.base != nil {
        .named(try Argument.fileName(options.base, "base"))
      } else if let file { .beside(file: file) } else { .nowhere }
    self.init(
      from: try Argument.format(options.format), bases: bases, trustPages: options.trust_pages)
  }
}

private func reading(
  _ options: UnsafePointer<falconet_reading>?, file: String? = nil
) throws(CallError) -> SnapshotReading {
  try SnapshotReading(options?.pointee ?? falconet_reading(), file: file)
}

private func open(
  _ source: any ByteSource, _ reading: SnapshotReading
) throws(CallError) -> MachineHandle {
  let (image, outline) = try streaming { () throws(StreamError) in
    try Snapshot.loadWithOutline(from: source, reading)
  }
  return try MachineHandle(image, StatedClaim(outline, name: source.name, image.state))
}

@c @implementation
public func falconet_machine_open(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<falconet_reading>?,
  _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(machine, "machine") { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    let reading = try reading(options, file: path)
    return try open(streaming { () throws(StreamError) in try FileSource(path: path) }, reading)
  }
}

@c @implementation
public func falconet_machine_open_memory(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ options: UnsafePointer<falconet_reading>?,
  _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(machine, "machine") { () throws(CallError) in
    try open(BorrowedSource(Argument.bytes(bytes, count, "bytes")), reading(options))
  }
}

@c @implementation
public func falconet_machine_open_stream(
  _ read: falconet_read_fn?, _ context: UnsafeMutableRawPointer?,
  _ options: UnsafePointer<falconet_reading>?, _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(machine, "machine") { () throws(CallError) in
    try open(CallbackSource(Argument.pointer(read, "read"), context), reading(options))
  }
}

private func load(
  version: UInt32, _ file: () throws(ELFError) -> ELFFile
) throws(CallError) -> MachineHandle {
  let version = try Argument.version(version)
  let prestate: Prestate
  do { prestate = try Prestate.load(try file(), version: version) } catch {
    throw CallError(error)
  }
  return try MachineHandle(prestate)
}

@c @implementation
public func falconet_machine_load_elf(
  _ path: UnsafePointer<CChar>?, _ version: UInt32,
  _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(machine, "machine") { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    return try load(version: version) { () throws(ELFError) in try ELFFile(path: path) }
  }
}

@c @implementation
public func falconet_machine_load_elf_memory(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ version: UInt32,
  _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(machine, "machine") { () throws(CallError) in
    let bytes = Array(try Argument.bytes(bytes, count, "bytes"))
    return try load(version: version) { () throws(ELFError) in
      try ELFFile(bytes: bytes, name: "memory")
    }
  }
}

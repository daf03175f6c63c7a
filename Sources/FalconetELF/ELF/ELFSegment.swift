/// One program header of an ELF file.
struct ELFSegment: Sendable, Equatable {
  /// PT_LOAD of the System V ABI.
  static let load: UInt32 = 1
  /// PT_DYNAMIC of the System V ABI: what a dynamic linker reads.
  static let dynamic: UInt32 = 2
  /// PT_INTERP of the System V ABI: the path of a dynamic linker.
  static let interpreter: UInt32 = 3
  /// PT_MIPS_ABIFLAGS of the MIPS ABI.
  static let abiFlags: UInt32 = 0x7000_0003
  /// PF_X of the System V ABI: what the segment holds may be executed.
  static let executable: UInt32 = 1
  /// PF_W of the System V ABI: what the segment holds may be written to.
  static let writable: UInt32 = 2

  /// Its place in the table, from 0.
  let index: Int
  /// Where in the file its header is, in bytes.
  let headerOffset: UInt64
  /// p_type.
  let type: UInt32
  /// p_flags.
  let flags: UInt32
  /// p_offset: where in the file its bytes are.
  let offset: UInt64
  /// p_vaddr: where in memory they go.
  let address: UInt64
  /// p_filesz: how many bytes the file holds.
  let fileSize: UInt64
  /// p_memsz: how many bytes of memory it takes.
  let memorySize: UInt64

  /// How errors name it.
  var name: String { "program segment \(index) (type 0x\(String(type, radix: 16)))" }
}

extension ELFSegment {
  /// Reads the table of program headers; the whole table must be in the file.
  static func readAll(_ input: ELFInput, _ header: ELFHeader) throws(ELFError) -> [ELFSegment] {
    let table = header.segmentTable
    guard table.count > 0 else { return [] }
    let entrySize = UInt64(table.entrySize)
    let minimum: UInt64 = header.wordSize == .bits32 ? 32 : 56
    guard entrySize >= minimum else {
      throw ELFError(
        .corrupt, file: input.name,
        message: "program headers of \(entrySize) bytes, fewer than \(minimum)",
        remedy: "build or copy the file again")
    }
    let bytes = try input.read(
      at: table.offset, count: table.count * entrySize, what: "the program headers")
    var segments: [ELFSegment] = []
    segments.reserveCapacity(Int(table.count))
    for index in 0..<Int(table.count) {
      let position = index * Int(entrySize)
      var fields = FieldCursor(bytes, at: position, wordSize: header.wordSize)
      let type = fields.int()
      var flags = header.wordSize == .bits64 ? fields.int() : 0
      let offset = fields.word()
      let address = fields.word()
      _ = fields.word()  // p_paddr
      let fileSize = fields.word()
      let memorySize = fields.word()
      if header.wordSize == .bits32 { flags = fields.int() }
      let segment = ELFSegment(
        index: index, headerOffset: table.offset + UInt64(position), type: type, flags: flags,
        offset: offset, address: address, fileSize: fileSize, memorySize: memorySize)
      guard offset | fileSize < 1 << 63 else {
        throw ELFError(
          .corrupt, file: input.name, offset: segment.headerOffset,
          message: "\(segment.name) is at byte \(offset) of the file and has \(fileSize) bytes",
          remedy: "build or copy the file again")
      }
      segments.append(segment)
    }
    return segments
  }
}

import FalconetMachine

/// The file header of a big-endian MIPS ELF file: 52 bytes in a 32-bit file, 64 in a 64-bit one.
struct ELFHeader {
  /// EM_MIPS of the System V ABI.
  static let mips: UInt16 = 8
  /// ET_DYN of the System V ABI: a shared object, or a program for any address.
  static let sharedObject: UInt16 = 3
  /// SHN_LORESERVE of the System V ABI: numbers of sections from here on are in section header 0.
  static let firstReservedSection: UInt64 = 0xFF00
  /// SHN_XINDEX of the System V ABI: the number is in section header 0.
  static let extendedIndex: UInt64 = 0xFFFF

  let wordSize: WordSize
  let entry: UInt64
  let segmentTable: Table
  let sectionTable: Table
  /// e_type: what kind of file it is.
  let kind: UInt16
  /// e_shstrndx: the section with the sections' names, or ``extendedIndex``.
  let nameSection: UInt64

  /// Where a table of headers is, and how long.
  struct Table {
    var offset: UInt64
    var entrySize: UInt16
    var count: UInt64
  }

  /// Reads the header and checks what can be checked without the tables.
  init(_ input: ELFInput) throws(ELFError) {
    wordSize = try Self.identify(input)
    let size: UInt64 = wordSize == .bits32 ? 52 : 64
    let bytes = try input.read(at: 0, count: size, what: "the file header")
    var fields = FieldCursor(bytes, at: 16, wordSize: wordSize)
    kind = fields.half()
    let machine = fields.half()
    guard machine == Self.mips else {
      throw ELFError(
        .unsupported, file: input.name, offset: 18,
        message: "made for ELF machine \(machine), not for MIPS (\(Self.mips))",
        remedy: Self.buildRemedy)
    }
    let version = fields.int()
    // Cannon reads the lowest byte only.
    guard version & 0xFF == 1 else {
      throw ELFError(
        .corrupt, file: input.name, offset: 20, message: "ELF version \(version), not 1",
        remedy: "build or copy the file again")
    }
    entry = fields.word()
    let segmentOffset = fields.word()
    let sectionOffset = fields.word()
    _ = fields.int()  // e_flags
    _ = fields.half()  // e_ehsize
    segmentTable = Table(
      offset: segmentOffset, entrySize: fields.half(), count: UInt64(fields.half()))
    sectionTable = Table(
      offset: sectionOffset, entrySize: fields.half(), count: UInt64(fields.half()))
    nameSection = UInt64(fields.half())
  }

  private static let buildRemedy =
    "build the guest for big-endian MIPS (Go: GOARCH=mips64 or GOARCH=mips, GOOS=linux)"

  /// Checks the 16 identification bytes and gives the file's word size.
  private static func identify(_ input: ELFInput) throws(ELFError) -> WordSize {
    let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
    let count = min(input.size, 16)
    let identification = try input.read(at: 0, count: count, what: "the identification")
    guard identification.starts(with: magic) else {
      throw ELFError(
        .notELF, file: input.name, offset: 0, message: "not an ELF file",
        remedy: "use the program that the linker made, not a snapshot or an archive of it")
    }
    try input.check(offset: 0, count: 16, what: "the identification")
    guard identification[5] == 2 else {
      throw ELFError(
        .unsupported, file: input.name, offset: 5,
        message: identification[5] == 1
          ? "a little-endian file" : "byte order \(identification[5]) is unknown",
        remedy: buildRemedy)
    }
    guard identification[6] == 1 else {
      throw ELFError(
        .corrupt, file: input.name, offset: 6,
        message: "ELF version \(identification[6]), not 1",
        remedy: "build or copy the file again")
    }
    switch identification[4] {
    case 1: return .bits32
    case 2: return .bits64
    default:
      throw ELFError(
        .unsupported, file: input.name, offset: 4,
        message: "class \(identification[4]) is neither 32-bit (1) nor 64-bit (2)",
        remedy: buildRemedy)
    }
  }
}

import FalconetELF
import FalconetMachine

/// The function table that Go's linker puts into every program (`runtime.pclntab`), read from a
/// guest's memory: which function an address is in, and the size of its stack frame there.
///
/// Understands the layout of Go 1.18 and later. All that is read may be corrupt: look-ups then
/// answer nil, and take bounded time.
struct GoFunctionTable {
  /// The table's first four bytes from Go 1.18 and from Go 1.20 on (`internal/abi`, PCLnTabMagic).
  static let magics: Set<UInt32> = [0xFFFF_FFF0, 0xFFFF_FFF1]
  /// The most functions that a table may have. Large programs have some hundred thousand.
  private static let maximumCount: UInt64 = 1 << 21
  /// Bytes that a MIPS instruction has: the unit of the table's address differences.
  static let quantum: UInt64 = 4

  let reader: GuestReader
  /// Where the names, the files of compilation units, the files, and the tables of values begin.
  let names, units, files, values: UInt64
  /// Where the functions' records are counted from.
  private let records: UInt64
  private let textStart: UInt64
  /// Where the functions begin, in bytes from ``textStart``, ascending; then where the last ends.
  private let entries: [UInt32]
  /// Where each function's record is, in bytes from ``records``.
  private let recordOffsets: [UInt32]
  /// Where the inlining trees are counted from, if symbols tell.
  let inlineTrees: UInt64?

  /// The table at an address, or nil if there is none, if it is corrupt, or if nothing tells where the
  /// code begins.
  init?(at base: UInt64, in memory: Memory, version: StateVersion, symbols: SymbolTable?) {
    reader = GuestReader(memory: memory)
    let size = reader.wordBytes
    guard Self.magics.contains(reader.int(base)),
      reader.int(base &+ 4) == UInt32(Self.quantum) << 8 | UInt32(size)
    else { return nil }
    let reader = reader
    func field(_ index: UInt64) -> UInt64 { reader.word(base &+ 8 &+ index &* size) }
    let count = field(0)
    guard count > 0, count <= Self.maximumCount else { return nil }
    // From Go 1.26 on the header has 0 here, and a symbol tells, or the runtime's record of the module.
    let text =
      field(2) != 0
      ? field(2)
      : symbols?.symbol(named: "runtime.text")?.start
        ?? Self.textStart(ofTable: base, in: memory, version: version)
    guard let text else { return nil }
    textStart = text
    names = base &+ field(3)
    units = base &+ field(4)
    files = base &+ field(5)
    values = base &+ field(6)
    records = base &+ field(7)
    inlineTrees = symbols?.symbol(named: "go:func.*")?.start

    var bytes: [UInt8] = []
    memory.read(
      into: &bytes, from: records & memory.wordSize.mask, count: Int(count) * 8 + 4)
    var entries: [UInt32] = []
    var offsets: [UInt32] = []
    for position in stride(from: 0, to: bytes.count, by: 4) {
      let value = bytes[position..<position + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if position % 8 == 0 { entries.append(value) } else { offsets.append(value) }
    }
    for index in 1..<entries.count where entries[index - 1] >= entries[index] { return nil }
    self.entries = entries
    recordOffsets = offsets
  }

  /// The function that holds an address. O(log n).
  func function(at address: UInt64) -> GoFunction? {
    let offset = address &- textStart
    guard let index = entries.indexOfLast(atOrBelow: offset, by: { UInt64($0) }),
      index < recordOffsets.count
    else { return nil }
    let record = records &+ UInt64(recordOffsets[index])
    // The record says again where the function begins.
    guard reader.int(record) == entries[index] else { return nil }
    return GoFunction(entry: textStart &+ UInt64(entries[index]), record: record)
  }
}

import FalconetELF
import FalconetMachine

extension FrameTable {
  /// PT_LOAD and PT_GNU_EH_FRAME.
  private static let (load, frameIndex): (UInt32, UInt32) = (1, 0x6474_E550)

  /// The frames in a program's memory: linkers load `.eh_frame`, and an index of it that the ELF header
  /// leads to, if that is loaded too. Nil if there are none.
  static func find(in memory: Memory, version: StateVersion) -> FrameTable? {
    let reader = GuestReader(memory: memory)
    let is64 = memory.wordSize == .bits64
    for page in reader.programPages(version) {
      let header = page << 12
      guard reader.int(header) == 0x7F45_4C46, reader.byte(header &+ 4) == (is64 ? 2 : 1) else {
        continue
      }
      let table = header &+ reader.word(header &+ (is64 ? 32 : 28))
      let counts = reader.int(header &+ (is64 ? 56 : 44))
      // e_phnum is the upper half.
      let count = UInt64(counts >> 16)
      guard table & 3 == 0, count <= 64 else { continue }
      var segments: [Segment] = []
      for index in 0..<count {
        segments.append(Segment(reader, at: table &+ index &* (is64 ? 56 : 32), is64))
      }
      if let found = find(segments, reader) { return found }
    }
    return nil
  }

  private struct Segment {
    var type: UInt32
    var address, size: UInt64

    init(_ reader: GuestReader, at header: UInt64, _ is64: Bool) {
      type = reader.int(header)
      address = reader.word(header &+ (is64 ? 16 : 8))
      size = reader.word(header &+ (is64 ? 40 : 20))
    }
  }

  private static func find(_ segments: [Segment], _ reader: GuestReader) -> FrameTable? {
    guard let index = segments.first(where: { $0.type == frameIndex }), index.size <= 1 << 26 else {
      return nil
    }
    let wordSize = reader.memory.wordSize
    var bytes: [UInt8] = []
    reader.memory.read(into: &bytes, from: index.address & wordSize.mask, count: 32)
    var fields = FrameBytes(bytes, 0..<bytes.count, wordSize)
    guard fields.byte() == 1, let encoding = fields.byte(), fields.skip(2),
      let start = fields.pointer(encoding, sectionAt: index.address),
      let segment = segments.first(where: {
        $0.type == load && start >= $0.address && start &- $0.address < $0.size
      })
    else { return nil }
    bytes = []
    let size = min(segment.size &- (start &- segment.address), UInt64(FrameSection.byteLimit))
    reader.memory.read(into: &bytes, from: start & wordSize.mask, count: Int(size))
    let section = FrameSection(kind: .exceptions, address: start, bytes: bytes)
    let table = FrameTable([section], wordSize: wordSize)
    return table.functionCount > 0 ? table : nil
  }
}

import FalconetMachine

/// Reads the fields of a section with call frames, within its bounds: past them there is nothing.
struct FrameBytes {
  let bytes: [UInt8]
  let wordSize: WordSize
  var position: Int
  /// Where reading ends.
  var end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>, _ wordSize: WordSize) {
    self.bytes = bytes
    self.wordSize = wordSize
    position = range.lowerBound
    end = min(range.upperBound, bytes.count)
  }

  var isAtEnd: Bool { position >= end }

  mutating func unsigned(_ count: Int) -> UInt64? {
    guard count <= end - position else { return nil }
    var value: UInt64 = 0
    for index in position..<position + count { value = value << 8 | UInt64(bytes[index]) }
    position += count
    return value
  }

  mutating func signed(_ count: Int) -> Int64? {
    let unused = 64 - 8 * count
    return unsigned(count).map { Int64(bitPattern: $0 << unused) >> unused }
  }

  mutating func byte() -> UInt8? { unsigned(1).map { UInt8(truncatingIfNeeded: $0) } }

  /// An address of the program's size.
  mutating func word() -> UInt64? { unsigned(wordSize.bytes) }

  /// An integer in base 128, least significant group first. What does not fit is lost.
  mutating func leb() -> UInt64? { groups()?.value }

  mutating func signedLEB() -> Int64? {
    guard let (value, shift, isNegative) = groups() else { return nil }
    return Int64(bitPattern: isNegative && shift < 64 ? value | UInt64.max << shift : value)
  }

  private mutating func groups() -> (value: UInt64, shift: UInt64, isNegative: Bool)? {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while let byte = byte() {
      // Shifts of 64 and more give 0.
      value |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte & 0x80 == 0 { return (value, shift, byte & 0x40 != 0) }
    }
    return nil
  }

  /// The bytes up to the next zero.
  mutating func text() -> [UInt8]? {
    guard let zero = bytes[min(position, end)..<end].firstIndex(of: 0) else { return nil }
    defer { position = zero + 1 }
    return Array(bytes[position..<zero])
  }

  mutating func skip(_ count: UInt64) -> Bool {
    guard count <= UInt64(end - position) else { return false }
    position += Int(count)
    return true
  }

  /// A pointer in one of the forms of exception frames (DW_EH_PE), nil in forms that programs for the
  /// VM don't have.
  ///
  /// - Parameter address: where the section's first byte is in memory.
  mutating func pointer(_ encoding: UInt8, sectionAt address: UInt64) -> UInt64? {
    let place = address &+ UInt64(position)
    let value: UInt64? =
      switch encoding & 0x0F {
      case 0x00: word()
      case 0x01: leb()
      case 0x02: unsigned(2)
      case 0x03: unsigned(4)
      case 0x04: unsigned(8)
      case 0x09: signedLEB().map(UInt64.init(bitPattern:))
      case 0x0A: signed(2).map(UInt64.init(bitPattern:))
      case 0x0B: signed(4).map(UInt64.init(bitPattern:))
      case 0x0C: signed(8).map(UInt64.init(bitPattern:))
      default: nil
      }
    guard let value else { return nil }
    switch encoding & 0xF0 {
    case 0x00: return value & wordMask
    case 0x10: return (place &+ value) & wordMask
    default: return nil
    }
  }

  private var wordMask: UInt64 { wordSize == .bits32 ? 0xFFFF_FFFF : .max }
}

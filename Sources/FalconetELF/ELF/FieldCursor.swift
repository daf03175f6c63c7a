import FalconetMachine

/// Reads the fields of one big-endian ELF record in their order.
///
/// The caller gives at least as many bytes as the record has; a read past them yields zeros.
struct FieldCursor {
  private let bytes: [UInt8]
  private var position: Int
  private let wordSize: WordSize

  /// - Parameter position: where in `bytes` the record begins.
  init(_ bytes: [UInt8], at position: Int = 0, wordSize: WordSize) {
    self.bytes = bytes
    self.position = position
    self.wordSize = wordSize
  }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: integer(1)) }
  mutating func half() -> UInt16 { UInt16(truncatingIfNeeded: integer(2)) }
  mutating func int() -> UInt32 { UInt32(truncatingIfNeeded: integer(4)) }

  /// An address, an offset or a size: 4 bytes in a 32-bit file, 8 in a 64-bit one.
  mutating func word() -> UInt64 { integer(wordSize == .bits32 ? 4 : 8) }

  private mutating func integer(_ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in position..<(position + count) {
      value = value << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0)
    }
    position += count
    return value
  }
}

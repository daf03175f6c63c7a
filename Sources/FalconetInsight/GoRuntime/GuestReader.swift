import FalconetMachine

/// Reads a guest's data structures from its memory, a field at a time. Big-endian. Whatever the
/// address, there is a value: memory that doesn't exist is zero.
package struct GuestReader {
  let memory: Memory

  package init(memory: Memory) { self.memory = memory }

  var wordBytes: UInt64 { UInt64(memory.wordSize.bytes) }

  /// The word at an address that is a multiple of the word's size.
  func word(_ address: UInt64) -> UInt64 { memory.loadWord(at: address & memory.wordSize.mask) }

  /// The pages that a program is loaded to, ascending.
  func programPages(_ version: StateVersion) -> some Sequence<UInt64> {
    let end = version.addressSpace.heapStart >> 12
    return memory.pageIndices.prefix { $0 < end }
  }

  /// The addresses of the words that a program is loaded to, ascending.
  func programWords(_ version: StateVersion) -> some Sequence<UInt64> {
    let step = Int(wordBytes)
    return programPages(version).lazy.flatMap { page in
      stride(from: page << 12, to: page << 12 &+ UInt64(Memory.pageSize), by: step)
    }
  }

  /// Word number `index` of a structure.
  func word(_ index: UInt64, of structure: UInt64) -> UInt64 {
    word(structure &+ index &* wordBytes)
  }

  /// The 4 bytes at an address that is a multiple of 4.
  func int(_ address: UInt64) -> UInt32 { memory.instruction(at: address) }

  func byte(_ address: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: int(address) >> (24 - 8 * UInt32(address & 3)))
  }

  /// The text before the next zero byte, at most `limit` bytes of it.
  func text(at address: UInt64, limit: Int = 1024) -> String {
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let byte = byte(address &+ UInt64(bytes.count))
      if byte == 0 { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An unsigned integer in base 128, least significant group first, of at most 5 bytes; moves
  /// `address` behind it. Nil if it is longer.
  func varint(_ address: inout UInt64) -> UInt32? {
    var value: UInt32 = 0
    for shift in stride(from: UInt32(0), through: 28, by: 7) {
      let byte = byte(address)
      address &+= 1
      value |= UInt32(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

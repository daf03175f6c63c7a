/// The size of a register, of an address and of a memory word.
package enum WordSize: Int, Sendable {
  case bits32 = 4
  case bits64 = 8

  /// The size in bytes: 4 or 8.
  package var bytes: Int { rawValue }

  /// All bits of a word set.
  package var mask: UInt64 { self == .bits32 ? 0xFFFF_FFFF : .max }

  /// Clears the bits of an address that lie inside a word.
  package var addressMask: UInt64 { mask & ~UInt64(rawValue - 1) }

  /// Bits of a page index: the address bits above the 12 of a page offset.
  package var pageIndexBits: Int { rawValue * 8 - 12 }

  /// Levels of the memory's Merkle tree above its 32-byte leaves: 27 or 59.
  package var treeDepth: Int { rawValue * 8 - 5 }

  /// Bytes of a memory proof: the leaf and a sibling for each level, 32 bytes each.
  package var memoryProofBytes: Int { 32 * (treeDepth + 1) }
}

/// Where the parts of a program's memory lie. Addresses in bytes.
package struct AddressSpace: Sendable {
  /// Where `mmap` gives memory from at first.
  package let heapStart: UInt64
  /// The address that no memory given by `mmap` goes past.
  package let heapEnd: UInt64
  /// What `brk` answers.
  package let programBreak: UInt64
  /// The stack pointer of a program at its start.
  package let stackPointer: UInt64
  /// The greatest address that an ELF segment may fill.
  package let lastELFAddress: UInt64

  static let bits32 = AddressSpace(
    heapStart: 0x0500_0000, heapEnd: 0x6000_0000, programBreak: 0x4000_0000,
    stackPointer: 0x7FFF_D000, lastELFAddress: 0xFFFF_FFFF)
  static let bits64 = AddressSpace(
    heapStart: 0x0000_1000_0000_0000, heapEnd: 0x0000_6000_0000_0000,
    programBreak: 0x0000_4000_0000_0000, stackPointer: 0x0000_7FFF_FFFF_F000,
    lastELFAddress: 0x0000_FFFF_FFFF_FFFF)
}

/// How loads take a part of a memory word, and stores put one in: pure functions over the word that
/// holds the address, shared by every engine. Big-endian: the lowest address is the most significant
/// byte. Address bits below the access size are ignored.
enum SubWord<Word: MachineWord> {
  /// How far the `size` bytes at `address` are from the least significant end of their word.
  @inline(__always) private static func shift(_ address: Word, _ size: Int) -> Word {
    Word(8 * (Word.size.bytes - size)) &- 8 &* (address & Word(Word.size.bytes - size))
  }

  @inline(__always) private static func part(_ word: Word, _ address: Word, _ size: Int) -> Word {
    word &>> shift(address, size)
  }

  @inline(__always) private static func word32(_ word: Word, _ address: Word) -> UInt32 {
    part(word, address, 4).low32
  }

  /// What a load puts into register rt.
  ///
  /// - Parameters:
  ///   - word: the memory word that holds `address`.
  ///   - address: the effective address.
  ///   - register: what rt holds before.
  @inline(__always)
  static func load(
    _ access: AccessKind, from word: Word, at address: Word, into register: Word
  ) -> Word {
    switch access {
    case .byte: return Word(truncatingIfNeeded: Int8(truncatingIfNeeded: part(word, address, 1)))
    case .byteUnsigned: return Word(UInt8(truncatingIfNeeded: part(word, address, 1)))
    case .half: return Word(truncatingIfNeeded: Int16(truncatingIfNeeded: part(word, address, 2)))
    case .halfUnsigned: return Word(UInt16(truncatingIfNeeded: part(word, address, 2)))
    case .word: return Word(extending: word32(word, address))
    case .wordUnsigned: return Word(word32(word, address))
    case .wordLeft:
      let bits = UInt32(truncatingIfNeeded: address & 3) * 8
      let kept = register.low32 & ((1 &<< bits) &- 1)
      return Word(extending: word32(word, address) &<< bits | kept)
    case .wordRight:
      let bits = 24 - UInt32(truncatingIfNeeded: address & 3) * 8
      let kept = register.low32 & ~(UInt32.max &>> bits)
      let result = word32(word, address) &>> bits | kept
      // Only a whole word is sign-extended; otherwise the register's upper half stays.
      if bits == 0 { return Word(extending: result) }
      return register & ~Word(UInt32.max) | Word(result)
    case .doubleLeft:
      let bits = (address & 7) &* 8
      return word &<< bits | register & ((1 &<< bits) &- 1)
    case .doubleRight:
      let bits = 56 &- (address & 7) &* 8
      return word &>> bits | register & ~(Word.max &>> bits)
    case .double: return word
    }
  }

  /// The memory word after a store. Whether loads extend with zeros makes no difference to it.
  ///
  /// - Parameters:
  ///   - register: what rt holds.
  ///   - word: the memory word that holds `address`, before.
  ///   - address: the effective address.
  @inline(__always)
  static func store(
    _ access: AccessKind, of register: Word, into word: Word, at address: Word
  ) -> Word {
    switch access {
    case .byte, .byteUnsigned: return put(register, into: word, address, 1)
    case .half, .halfUnsigned: return put(register, into: word, address, 2)
    case .word, .wordUnsigned: return put(register, into: word, address, 4)
    case .wordLeft:
      let bits = UInt32(truncatingIfNeeded: address & 3) * 8
      let kept = word32(word, address) & ~(UInt32.max &>> bits)
      return put(Word(register.low32 &>> bits | kept), into: word, address, 4)
    case .wordRight:
      let bits = 24 - UInt32(truncatingIfNeeded: address & 3) * 8
      let kept = word32(word, address) & ((1 &<< bits) &- 1)
      return put(Word(register.low32 &<< bits | kept), into: word, address, 4)
    case .doubleLeft:
      let bits = (address & 7) &* 8
      return register &>> bits | word & ~(Word.max &>> bits)
    case .doubleRight:
      let bits = 56 &- (address & 7) &* 8
      return register &<< bits | word & ((1 &<< bits) &- 1)
    case .double: return register
    }
  }

  @inline(__always)
  private static func put(_ value: Word, into word: Word, _ address: Word, _ size: Int) -> Word {
    let distance = shift(address, size)
    let mask = size == Word.size.bytes ? Word.max : ((1 &<< Word(8 * size)) &- 1) &<< distance
    return word & ~mask | (value &<< distance) & mask
  }
}

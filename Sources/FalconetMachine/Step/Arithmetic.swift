/// The arithmetic of instructions: pure functions over words, shared by every engine.
///
/// A 32-bit operation on a 64-bit machine reads the low halves of its operands and sign-extends its
/// result.
enum Arithmetic<Word: MachineWord> {
  @inline(__always) static func add(_ a: Word, _ b: Word) -> Word {
    Word(extending: a.low32 &+ b.low32)
  }

  @inline(__always) static func subtract(_ a: Word, _ b: Word) -> Word {
    Word(extending: a.low32 &- b.low32)
  }

  @inline(__always) static func multiplyLow(_ a: Word, _ b: Word) -> Word {
    Word(extending: a.low32 &* b.low32)
  }

  @inline(__always) static func shiftLeft(_ value: Word, by amount: UInt32) -> Word {
    Word(extending: value.low32 &<< amount)
  }

  /// As versions 3 and 4 do it: the upper half is all ones if the shifted value has any bit at or
  /// above bit 31, else zero.
  @inline(__always) static func shiftLeftFilling(
    _ value: Word, by amount: UInt32
  ) -> Word {
    let shifted = UInt64(value.low32) &<< UInt64(amount & 31)
    let upper: UInt64 = shifted >> 31 != 0 ? 0xFFFF_FFFF_0000_0000 : 0
    return Word(truncatingIfNeeded: upper | shifted & 0xFFFF_FFFF)
  }

  @inline(__always) static func shiftRight(_ value: Word, by amount: UInt32) -> Word {
    Word(extending: value.low32 &>> amount)
  }

  @inline(__always) static func shiftRightArithmetic(_ value: Word, by amount: UInt32) -> Word {
    Word(truncatingIfNeeded: Int32(bitPattern: value.low32) &>> Int32(bitPattern: amount))
  }

  @inline(__always) static func isLess(_ a: Word, _ b: Word) -> Word {
    a.signed < b.signed ? 1 : 0
  }

  @inline(__always) static func isBelow(_ a: Word, _ b: Word) -> Word { a < b ? 1 : 0 }

  @inline(__always) static func leadingZeros(_ value: Word) -> Word {
    Word(truncatingIfNeeded: value.low32.leadingZeroBitCount)
  }

  @inline(__always) static func leadingOnes(_ value: Word) -> Word {
    Word(truncatingIfNeeded: (~value.low32).leadingZeroBitCount)
  }

  // MARK: Results for HI and LO

  @inline(__always) static func multiply(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    let product = Int64(Int32(bitPattern: a.low32)) &* Int64(Int32(bitPattern: b.low32))
    return halves(UInt64(bitPattern: product))
  }

  @inline(__always) static func multiplyUnsigned(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    halves(UInt64(a.low32) &* UInt64(b.low32))
  }

  @inline(__always) private static func halves(_ product: UInt64) -> (hi: Word, lo: Word) {
    (
      Word(extending: UInt32(truncatingIfNeeded: product >> 32)),
      Word(extending: UInt32(truncatingIfNeeded: product))
    )
  }

  /// Remainder and quotient; −2^31 / −1 is −2^31 remainder 0.
  /// - Precondition: the low half of `b` is not zero.
  @inline(__always) static func divide(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    let dividend = Int32(bitPattern: a.low32)
    let divisor = Int32(bitPattern: b.low32)
    if divisor == -1 { return (0, Word(truncatingIfNeeded: 0 &- dividend)) }
    return (
      Word(truncatingIfNeeded: dividend % divisor), Word(truncatingIfNeeded: dividend / divisor)
    )
  }

  /// Remainder and quotient.
  /// - Precondition: the low half of `b` is not zero.
  @inline(__always) static func divideUnsigned(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    (Word(extending: a.low32 % b.low32), Word(extending: a.low32 / b.low32))
  }

  @inline(__always) static func multiplyWords(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    let product = a.signed.multipliedFullWidth(by: b.signed)
    return (Word(signed: product.high), Word(truncatingIfNeeded: product.low))
  }

  @inline(__always) static func multiplyWordsUnsigned(
    _ a: Word, _ b: Word
  ) -> (hi: Word, lo: Word) {
    let product = a.multipliedFullWidth(by: b)
    return (product.high, Word(truncatingIfNeeded: product.low))
  }

  /// Remainder and quotient; the least word / −1 is itself remainder 0.
  /// - Precondition: `b` is not zero.
  @inline(__always) static func divideWords(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    if b.signed == -1 { return (0, 0 &- a) }
    return (Word(signed: a.signed % b.signed), Word(signed: a.signed / b.signed))
  }

  /// Remainder and quotient.
  /// - Precondition: `b` is not zero.
  @inline(__always) static func divideWordsUnsigned(_ a: Word, _ b: Word) -> (hi: Word, lo: Word) {
    (a % b, a / b)
  }
}

/// A machine word: what semantics are written over, once for 32 and 64 bits.
package protocol MachineWord: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
  associatedtype SignedWord: FixedWidthInteger, SignedInteger, BitwiseCopyable

  /// The same bits, signed.
  var signed: SignedWord { get }
  init(signed: SignedWord)
  static var size: WordSize { get }
}

extension UInt32: MachineWord {
  @inline(__always) package var signed: Int32 { Int32(bitPattern: self) }
  @inline(__always) package init(signed: Int32) { self.init(bitPattern: signed) }
  @inline(__always) package static var size: WordSize { .bits32 }
}

extension UInt64: MachineWord {
  @inline(__always) package var signed: Int64 { Int64(bitPattern: self) }
  @inline(__always) package init(signed: Int64) { self.init(bitPattern: signed) }
  @inline(__always) package static var size: WordSize { .bits64 }
}

extension MachineWord {
  /// The low 32 bits.
  @inline(__always) var low32: UInt32 { UInt32(truncatingIfNeeded: self) }

  /// 32 bits sign-extended to a word.
  @inline(__always) init(extending value: UInt32) {
    self.init(truncatingIfNeeded: Int32(bitPattern: value))
  }

  /// A 16-bit immediate sign-extended to a word.
  @inline(__always) init(extending value: UInt16) {
    self.init(truncatingIfNeeded: Int16(bitPattern: value))
  }

  /// Clears the bits of an address that lie inside a word.
  @inline(__always) var alignedToWord: Self { self & ~Self(Self.size.bytes - 1) }

  /// The place of an address inside its word, 0 to 3 or 0 to 7.
  @inline(__always) var offsetInWord: Int { Int(self & Self(Self.size.bytes - 1)) }
}

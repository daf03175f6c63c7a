/// Thirty-two bytes: a hash, a claim, a Merkle node or leaf, a pre-image key.
///
/// Held as four words whose memory is the 32 bytes in order, so that a value can be hashed and
/// compared without copying.
///
/// Safety: 32 bytes are readable or writable at each pointer, which is the caller's part; the words are
/// 32 bytes in a row.
package struct Bytes32: Hashable, Sendable, BitwiseCopyable {
  /// The bytes 0–7, 8–15, 16–23 and 24–31, each in host memory order.
  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

  /// Thirty-two zero bytes.
  @inlinable package init() { words = (0, 0, 0, 0) }

  /// The 32 bytes at `source`.
  /// - Precondition: 32 bytes are readable at `source`; no alignment is asked for.
  @inlinable package init(readingFrom source: UnsafeRawPointer) {
    words = unsafe (
      source.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      source.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      source.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      source.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    )
  }

  /// The given bytes, or nil if there are not exactly 32 of them.
  @inlinable package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.init()
    var index = 0
    for byte in bytes {
      self[index] = byte
      index += 1
    }
  }

  /// The bytes of four big-endian numbers.
  @inlinable package init(numbers: (UInt64, UInt64, UInt64, UInt64)) {
    words = (
      numbers.0.bigEndian, numbers.1.bigEndian, numbers.2.bigEndian, numbers.3.bigEndian
    )
  }

  /// The bytes as four big-endian numbers.
  @inlinable package var numbers: (UInt64, UInt64, UInt64, UInt64) {
    (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
  }

  /// 64 hexadecimal digits of either case, with or without a leading `0x`.
  package init?(hex: some StringProtocol) {
    let utf8 = Array(hex.utf8)
    let digits = utf8.starts(with: [0x30, 0x78]) ? utf8[2...] : utf8[...]
    guard digits.count == 64 else { return nil }
    self.init()
    for (position, digit) in digits.enumerated() {
      guard digit < 0x80, let value = Character(UnicodeScalar(digit)).hexDigitValue else {
        return nil
      }
      self[position / 2] |= UInt8(value) << (position % 2 == 0 ? 4 : 0)
    }
  }

  /// The byte at `index`, 0 to 31.
  @inlinable package subscript(index: Int) -> UInt8 {
    get { unsafe withBytes { unsafe $0[index] } }
    set { unsafe withUnsafeMutableBytes(of: &words) { unsafe $0[index] = newValue } }
  }

  /// Calls `body` with the 32 bytes.
  @inlinable package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try unsafe withUnsafeBytes(of: words, body)
  }

  /// The 32 bytes as an array.
  package var bytes: [UInt8] { unsafe withBytes { unsafe Array($0) } }

  @inlinable package static func == (left: Bytes32, right: Bytes32) -> Bool {
    left.words.0 == right.words.0 && left.words.1 == right.words.1
      && left.words.2 == right.words.2 && left.words.3 == right.words.3
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Bytes32: CustomStringConvertible {
  /// Lower-case hexadecimal with a leading `0x`.
  package var description: String {
    unsafe String(unsafeUninitializedCapacity: 66) { text in
      unsafe text[0] = 0x30
      unsafe text[1] = 0x78
      for index in 0..<32 {
        unsafe text[2 + 2 * index] = Self.digit(self[index] >> 4)
        unsafe text[3 + 2 * index] = Self.digit(self[index] & 15)
      }
      return 66
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }
}

extension Bytes32: Comparable {
  /// The order of the bytes, first byte first.
  package static func < (left: Bytes32, right: Bytes32) -> Bool {
    unsafe left.withBytes { a in
      unsafe right.withBytes { b in unsafe a.lexicographicallyPrecedes(b) }
    }
  }
}

/// One 512-byte header of a tar archive (POSIX.1-1988 ustar).
struct TarHeader {
  enum Kind {
    case regular
    case folder
    /// A pax header, for one file or for all that follow.
    case extended
    /// Links, devices and what else an archive may hold.
    case other
  }

  static let blockSize = 512

  var name: String
  var size: UInt64
  var kind: Kind

  /// Parses `block`.
  /// - Returns: Nil if a field is malformed or the header checksum doesn't match.
  init?(_ block: [UInt8]) {
    guard block.count == Self.blockSize, let checksum = Self.octal(block[148..<156]),
      checksum == Self.checksum(block), let size = Self.octal(block[124..<136])
    else { return nil }
    self.size = size
    switch block[156] {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .regular
    case UInt8(ascii: "5"): kind = .folder
    case UInt8(ascii: "x"), UInt8(ascii: "g"): kind = .extended
    default: kind = .other
    }
    let isUstar = block[257..<262].elementsEqual("ustar".utf8) && block[262] == 0
    let prefix = isUstar ? Self.text(block[345..<500]) : ""
    guard let prefix, let name = Self.text(block[0..<100]) else { return nil }
    self.name = prefix.isEmpty ? name : prefix + "/" + name
  }

  /// The sum of the bytes, with the checksum's own eight counted as spaces.
  private static func checksum(_ block: [UInt8]) -> UInt64 {
    var sum: UInt64 = 8 * 0x20
    for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
      sum += UInt64(byte)
    }
    return sum
  }

  /// Octal digits, with spaces before and spaces or zero bytes behind.
  private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    guard !digits.isEmpty, digits.count <= 12 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (0x30...0x37).contains(digit) else { return nil }
      value = value << 3 | UInt64(digit & 7)
    }
    return value
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String? {
    String(validating: field.prefix { $0 != 0 }, as: UTF8.self)
  }
}

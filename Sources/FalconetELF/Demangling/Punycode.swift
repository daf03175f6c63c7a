/// Identifiers beyond ASCII, as RFC 3492 encodes them and Rust has them: `_` before the digits.
enum Punycode {
  /// The identifier, or nil if the digits are none of an identifier's.
  static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
    var scalars: [Unicode.Scalar] = []
    var digits = bytes
    if let end = bytes.lastIndex(of: UInt8(ascii: "_")) {
      scalars = bytes[..<end].map { Unicode.Scalar($0) }
      digits = bytes[(end + 1)...]
    }
    guard scalars.allSatisfy(\.isASCII), !digits.isEmpty, bytes.count <= 512 else { return nil }
    var (code, index, bias, damp): (UInt32, UInt32, UInt32, UInt32) = (128, 0, 72, 700)
    while !digits.isEmpty {
      var (delta, weight, threshold): (UInt32, UInt32, UInt32) = (0, 1, 36)
      while true {
        guard let byte = digits.popFirst(), let digit = value(byte) else { return nil }
        let limit = threshold <= bias ? 1 : min(threshold - bias, 26)
        let (product, overflows) = digit.multipliedReportingOverflow(by: weight)
        let (sum, carries) = delta.addingReportingOverflow(product)
        guard !overflows, !carries else { return nil }
        delta = sum
        if digit < limit { break }
        let (next, wraps) = weight.multipliedReportingOverflow(by: 36 - limit)
        guard !wraps else { return nil }
        weight = next
        threshold += 36
      }
      let count = UInt32(scalars.count) + 1
      let (place, carries) = index.addingReportingOverflow(delta)
      let (next, wraps) = code.addingReportingOverflow(place / count)
      guard !carries, !wraps, let scalar = Unicode.Scalar(next) else { return nil }
      code = next
      index = place % count
      scalars.insert(scalar, at: Int(index))
      index += 1
      // Where most of the next differences will lie.
      delta /= damp
      damp = 2
      delta += delta / count
      bias = 0
      while delta > 455 {
        delta /= 35
        bias += 36
      }
      bias += 36 * delta / (delta + 38)
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 97
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) - 48 + 26
    default: nil
    }
  }
}

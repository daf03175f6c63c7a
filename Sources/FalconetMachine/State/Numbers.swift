/// `value` in hexadecimal with `0x` and at least `digits` digits.
package func hex(_ value: UInt64, digits: Int = 1) -> String {
  let text = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Sequence where Element == UInt8 {
  /// The number in these bytes, the most significant one first. Of more than eight, the last eight count.
  package var bigEndian: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }
}

extension FixedWidthInteger {
  /// The number's bytes, the most significant one first.
  package var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

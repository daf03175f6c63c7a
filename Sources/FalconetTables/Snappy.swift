/// Google's compression format "snappy" in its raw form, which the hosts' databases use.
enum Snappy {
  /// - Returns: nil if the bytes are not snappy data, or have more than `limit` bytes.
  static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
    var input = ByteCursor(bytes)
    guard let length = input.variable(), length <= UInt64(limit) else { return nil }
    let count = Int(length)
    var output: [UInt8] = []
    // A few bytes can claim any length.
    output.reserveCapacity(min(count, bytes.count * 64))
    while let tag = input.byte() {
      switch tag & 3 {
      case 0:
        guard let literal = literal(Int(tag >> 2), &input), output.count + literal.count <= count
        else { return nil }
        output += literal
      case 1:
        guard let low = input.byte() else { return nil }
        let offset = Int(tag >> 5) << 8 | Int(low)
        guard copy(Int(tag >> 2 & 7) + 4, from: offset, &output, count) else { return nil }
      case let kind:
        guard let offset = input.bytes(kind == 2 ? 2 : 4) else { return nil }
        let back = offset.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard copy(Int(tag >> 2) + 1, from: back, &output, count) else { return nil }
      }
    }
    return output.count == count ? output : nil
  }

  /// Bytes that follow their tag.
  private static func literal(_ size: Int, _ input: inout ByteCursor) -> ArraySlice<UInt8>? {
    guard size >= 60 else { return input.bytes(size + 1) }
    guard let bytes = input.bytes(size - 59) else { return nil }
    return input.bytes(bytes.reversed().reduce(0) { $0 << 8 | Int($1) } + 1)
  }

  /// Repeats bytes, of which some may be written by this very call.
  private static func copy(
    _ length: Int, from back: Int, _ output: inout [UInt8], _ count: Int
  ) -> Bool {
    guard back > 0, back <= output.count, output.count + length <= count else { return false }
    let start = output.count - back
    for index in start..<start + length { output.append(output[index]) }
    return true
  }
}

import FalconetStreams
import Testing

/// JSON snapshots with each page's data replaced by what it inflates to, so that files of different
/// compressors can be compared.
enum InflatedJSON {
  private static let start = Array("\"data\": \"".utf8)

  static func text(_ bytes: [UInt8]) throws -> [UInt8] {
    let inflater = ZlibInflate()
    var result: [UInt8] = []
    var rest = bytes[...]
    while let found = rest.firstRange(of: start) {
      result += rest[..<found.upperBound]
      let data = rest[found.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
      let stream = try #require(Base64.decode(Array(data)))
      result += Hex.encode(try inflater.inflate(stream, count: 4096)).utf8
      rest = rest[data.endIndex...]
    }
    return result + rest
  }
}

/// The proposed binary format, taken apart without the library.
enum ProposedFormat {
  static func sortingPages(_ bytes: [UInt8]) -> [UInt8] {
    let length = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
    let pages = stride(from: 6, to: 5 + length, by: 4104).map { bytes[$0..<$0 + 4104] }
    let sorted = pages.sorted { $0.prefix(4).lexicographicallyPrecedes($1.prefix(4)) }
    return Array(bytes[..<6]) + sorted.joined() + bytes[(5 + length)...]
  }

  /// A file of pages given by index and bytes, with the state of a `.bin` of version 0 behind them.
  static func file(pages: [(index: UInt32, bytes: [UInt8])], state: [UInt8]) -> [UInt8] {
    var block: [UInt8] = [0]
    for page in pages {
      block += bigEndian(page.index) + bigEndian(UInt32(page.bytes.count)) + page.bytes
    }
    return [0] + bigEndian(UInt32(block.count)) + block + state
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
}

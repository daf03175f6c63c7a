import FalconetStreams

/// Bytes as a file that readers unpack.
enum Packing {
  static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let sink = MemorySink()
    let gzip = GzipSink(over: sink)
    try gzip.write(bytes)
    try gzip.finish()
    return sink.bytes
  }

  /// What a gzip file holds; nil if it is none.
  static func unpacked(_ bytes: [UInt8]) -> [UInt8]? {
    let source = GzipSource(over: MemorySource(bytes))
    return try? ByteReader(source).readAll(limit: 1 << 24)
  }

  static func big(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}

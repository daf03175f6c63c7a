import FalconetStreams

/// What decompressors promise, whatever the bytes.
enum StreamChecks {
  typealias Result = Outcome<[UInt8], StreamError.Kind>

  /// As much of what a stream expands to as is looked at.
  private static let limit = 1 << 16

  /// Reads a stream in large and in small portions, which must not matter. One that expands beyond
  /// the limit may be corrupt there, which larger portions come to sooner.
  static func run(_ open: (_ chunk: Int) throws(StreamError) -> any ByteSource) throws {
    let whole = read(open, chunk: .max, capacity: 1 << 16)
    let pieces = read(open, chunk: 3, capacity: 40)
    guard let whole, let pieces else { return }
    guard whole == pieces else { try found("\(whole) read whole, \(pieces) in pieces") }
  }

  /// Nil if the stream expands beyond the limit.
  private static func read(
    _ open: (_ chunk: Int) throws(StreamError) -> any ByteSource, chunk: Int, capacity: Int
  ) -> Result? {
    do throws(StreamError) {
      let reader = ByteReader(try open(chunk), capacity: capacity)
      var bytes: [UInt8] = []
      while try !reader.isAtEnd() {
        guard bytes.count < limit else { return nil }
        let part = try reader.peek(upTo: capacity)
        bytes += part
        try reader.skip(UInt64(part.count))
      }
      return .accepted(bytes)
    } catch { return .refused(error.kind) }
  }

  /// Compresses bytes and reads them again.
  static func checkRoundTrip(
    _ bytes: [UInt8], pack: (MemorySink) throws(StreamError) -> any ByteSink,
    unpack: (MemorySource) throws(StreamError) -> any ByteSource
  ) throws -> [UInt8] {
    let packed = MemorySink()
    let sink = try pack(packed)
    try sink.write(bytes)
    try sink.finish()
    let reader = ByteReader(try unpack(MemorySource(packed.bytes)))
    guard try reader.readAll(limit: UInt64(bytes.count)) == bytes else {
      try found("other bytes after compression")
    }
    return packed.bytes
  }

  /// What a source gives until it ends or fails, as far as it is looked at.
  static func beginning(of source: some ByteSource) -> [UInt8] {
    var content: [UInt8] = []
    let reader = ByteReader(source)
    do throws(StreamError) {
      while content.count < limit, try !reader.isAtEnd() {
        let part = try reader.peek(upTo: 1)
        content += part
        try reader.skip(UInt64(part.count))
      }
    } catch {}
    return content
  }

  /// All that a source gives, if it is no more than is looked at.
  static func whole(_ source: some ByteSource) throws(StreamError) -> [UInt8] {
    try ByteReader(source).readAll(limit: UInt64(limit))
  }

  /// A snapshot is the same once it is compressed.
  static func checkDetection(of input: [UInt8], packed: [UInt8]) throws {
    // A compressed file is unpacked once: what is in it may be compressed, and is no snapshot then.
    guard !GzipSource.looksLikeGzip(prefix: input), !ZstdSource.looksLikeZstd(prefix: input) else {
      return
    }
    guard try SnapshotChecks.detect(packed) == SnapshotChecks.detect(input) else {
      try found("a snapshot is another once it is compressed")
    }
  }
}

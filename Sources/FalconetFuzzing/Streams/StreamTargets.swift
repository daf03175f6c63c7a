import FalconetSnapshots
import FalconetStreams

/// gzip streams: as hostile input, with a trailer that is made right, and made from the input.
struct GzipTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    try check(input)
    if let sealed = Self.sealed(input) { try check(sealed) }
    let packed = try StreamChecks.checkRoundTrip(
      input, pack: { GzipSink(over: $0) }, unpack: { GzipSource(over: $0) })
    try StreamChecks.checkDetection(of: input, packed: packed)
  }

  private func check(_ input: [UInt8]) throws {
    try StreamChecks.run { (chunk) throws(StreamError) in
      GzipSource(over: MemorySource(input, chunk: chunk))
    }
  }

  /// The stream with the checksum and the size of what it expands to.
  private static func sealed(_ input: [UInt8]) -> [UInt8]? {
    guard input.count > 18, GzipSource.looksLikeGzip(prefix: input) else { return nil }
    let content = StreamChecks.beginning(of: GzipSource(over: MemorySource(input)))
    var checksum = CRC32()
    checksum.add(content)
    let trailer = [checksum.value, UInt32(truncatingIfNeeded: content.count)]
    return input.dropLast(8) + trailer.flatMap { littleEndian($0) }
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  func seeds() throws -> [FuzzSeed] {
    let plain = try SampleStates.bytes(of: SampleStates.image(.v8), as: .bin)
    let sink = MemorySink()
    let gzip = GzipSink(over: sink)
    try gzip.write(plain)
    try gzip.finish()
    return [
      FuzzSeed("plain", plain), FuzzSeed("gzip", sink.bytes),
      FuzzSeed("members", sink.bytes + sink.bytes),
    ]
  }
}

/// zstd streams: as hostile input, without checksums, and made from the input.
struct ZstdTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    try check(input)
    if let open = Self.unchecked(input) { try check(open) }
    let packed = try StreamChecks.checkRoundTrip(
      input, pack: { (sink) throws(StreamError) in try ZstdSink(over: sink) },
      unpack: { (source) throws(StreamError) in try ZstdSource(over: source) })
    try StreamChecks.checkDetection(of: input, packed: packed)
  }

  /// Reads a stream in pieces, and at once if its content is one frame of a size that is known.
  private func check(_ input: [UInt8]) throws {
    try StreamChecks.run { (chunk) throws(StreamError) in
      try ZstdSource(over: MemorySource(input, chunk: chunk))
    }
    guard let content = try? StreamChecks.whole(ZstdSource(over: MemorySource(input))) else {
      return
    }
    guard try Zstd.decompress(input, exactly: content.count) == content else {
      try found("at once and in pieces differ")
    }
  }

  /// A frame that says that it has no checksum, without the one that it had.
  private static func unchecked(_ input: [UInt8]) -> [UInt8]? {
    guard input.count > 10, ZstdSource.looksLikeZstd(prefix: input), input[4] & 4 != 0 else {
      return nil
    }
    var bytes = Array(input.dropLast(4))
    bytes[4] &= ~4
    return bytes
  }

  func seeds() throws -> [FuzzSeed] {
    let plain = try SampleStates.bytes(of: SampleStates.image(.v8, pages: [1]), as: .bin)
    let sink = MemorySink()
    let zstd = try ZstdSink(over: sink)
    try zstd.write(plain)
    try zstd.finish()
    let frame = try Zstd.compress(plain, level: 19)
    return [
      FuzzSeed("plain", plain), FuzzSeed("zstd", sink.bytes),
      FuzzSeed("frames", sink.bytes + sink.bytes), FuzzSeed("sized", frame),
      FuzzSeed("skipped", [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2] + frame),
    ]
  }
}

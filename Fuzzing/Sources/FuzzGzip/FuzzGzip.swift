import Falconet
import FuzzSupport

/// Compressed streams: as hostile input, and made from the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(data, count)
  StreamChecks.run { (chunk) throws(StreamError) in
    GzipSource(over: MemorySource(input, chunk: chunk))
  }
  StreamChecks.run { (chunk) throws(StreamError) in
    try ZstdSource(over: MemorySource(input, chunk: chunk))
  }
  let gzip = StreamChecks.checkRoundTrip(
    input, pack: { GzipSink(over: $0) }, unpack: { GzipSource(over: $0) })
  let zstd = StreamChecks.checkRoundTrip(
    input, pack: { (sink) throws(StreamError) in try ZstdSink(over: sink) },
    unpack: { (source) throws(StreamError) in try ZstdSource(over: source) })
  let plain = SnapshotChecks.detect(input)
  // A compressed file is unpacked once: what is in it may be compressed, and is no snapshot then.
  guard !GzipSource.looksLikeGzip(prefix: input), !ZstdSource.looksLikeZstd(prefix: input) else {
    return 0
  }
  guard SnapshotChecks.detect(gzip) == plain, SnapshotChecks.detect(zstd) == plain else {
    found("a snapshot is another once it is compressed")
  }
  return 0
}

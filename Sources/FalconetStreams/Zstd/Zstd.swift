/// One-shot zstd for blocks of known size. Use the two classes below it if many blocks follow
/// one another: they keep libzstd's working memory.
package enum Zstd {
  /// `bytes` as one frame with its content size and a checksum.
  package static func compress(
    _ bytes: UnsafeRawBufferPointer, level: Int32 = 3
  ) throws(StreamError) -> [UInt8] {
    try ZstdBlockCompressor(level: level).compress(bytes)
  }

  /// `bytes` as one frame with its content size and a checksum.
  package static func compress(_ bytes: [UInt8], level: Int32 = 3) throws(StreamError) -> [UInt8] {
    try bytes.withUnsafeBufferPointer { (buffer) throws(StreamError) in
      try compress(UnsafeRawBufferPointer(buffer), level: level)
    }
  }

  /// Decompresses `frame` into `output`, which it must fill exactly.
  /// - Throws: `.truncated`, `.corrupt`, `.checksum`, `.tooLarge`, `.unsupported`.
  package static func decompress(
    _ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamError) {
    try ZstdBlockDecompressor().decompress(frame, into: output)
  }

  /// The `count` bytes that `frame` holds.
  package static func decompress(
    _ frame: [UInt8], exactly count: Int
  ) throws(StreamError) -> [UInt8] {
    try frame.transformed(to: count) { (frame, output) throws(StreamError) in
      try decompress(frame, into: output)
    }
  }
}

/// Compresses blocks, each to one zstd frame. For one thread at a time.
package final class ZstdBlockCompressor {
  private let context: ZstdCompressionContext

  /// A compressor whose frames have a checksum of their content if `checksum` says so.
  package init(level: Int32 = 3, checksum: Bool = true) throws(StreamError) {
    context = try ZstdCompressionContext(level: level, checksum: checksum)
  }

  /// `bytes` as one frame with its content size.
  package func compress(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8] {
    try context.compressFrame(bytes)
  }
}

/// Decompresses blocks. For one thread at a time.
package final class ZstdBlockDecompressor {
  private let context: ZstdDecompressionContext

  /// A decompressor; the output's size bounds its memory.
  package init() throws(StreamError) {
    context = try ZstdDecompressionContext(windowLog: ZstdSource.defaultWindowLog)
  }

  /// Decompresses `frame` into `output`, which it must fill exactly.
  /// - Throws: `.truncated`, `.corrupt`, `.checksum`, `.tooLarge`, `.unsupported`.
  package func decompress(
    _ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamError) {
    let count = try context.decompressFrames(frame, into: output)
    guard count == output.count else {
      throw StreamError(
        .truncated, message: "the zstd data holds \(count) bytes instead of \(output.count)")
    }
  }
}

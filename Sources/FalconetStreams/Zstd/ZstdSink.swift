/// Compresses to one zstd frame (RFC 8878) while it is written.
package final class ZstdSink: ByteSink {
  package var name: String { sink.name }

  private let sink: any ByteSink
  private let context: ZstdCompressionContext
  private var output = [UInt8](repeating: 0, count: 128 << 10)
  private var isFinished = false

  /// A sink that writes the compressed bytes to `sink`.
  /// - Parameters:
  ///   - level: zstd's compression level, 3 by default as in `zstd`.
  ///   - checksum: Whether the frame ends with a checksum of its content.
  package init(
    over sink: any ByteSink, level: Int32 = 3, checksum: Bool = true
  ) throws(StreamError) {
    self.sink = sink
    context = try ZstdCompressionContext(level: level, checksum: checksum)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard bytes.count > 0 else { return }
    try compress(bytes, isLast: false)
  }

  /// Ends the frame and finishes the sink below. Further calls do nothing.
  package func finish() throws(StreamError) {
    guard !isFinished else { return }
    isFinished = true
    try compress(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    try sink.finish()
  }

  private func compress(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(StreamError) {
    var rest = bytes[...]
    while true {
      let progress = try output.withUnsafeMutableBufferPointer { (output) throws(StreamError) in
        try context.compress(
          from: UnsafeRawBufferPointer(rebasing: rest),
          into: UnsafeMutableRawBufferPointer(output), isLast: isLast)
      }
      rest = rest.dropFirst(progress.consumed)
      if progress.produced > 0 {
        try output.withUnsafeBufferPointer { (output) throws(StreamError) in
          let bytes = UnsafeRawBufferPointer(output)[..<progress.produced]
          try sink.write(UnsafeRawBufferPointer(rebasing: bytes))
        }
      }
      if isLast ? progress.rest == 0 : rest.isEmpty { return }
    }
  }
}

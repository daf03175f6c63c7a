/// Compresses to gzip (RFC 1952) while it is written, with ISA-L's level 1.
///
/// The header has no name and no time, and ISA-L is fed blocks of one size, so equal content gives
/// equal files from one installation, however it is split into writes.
package final class GzipSink: ByteSink {
  package var name: String { sink.name }

  private let sink: any ByteSink
  private let state = DeflateState(.gzip)
  /// What ISA-L puts out depends on how its input is cut, so it is cut here.
  private var block: [UInt8] = []
  private var output = [UInt8](repeating: 0, count: 128 << 10)
  private var isFinished = false

  private static let blockSize = 128 << 10

  /// A sink that writes the compressed bytes to `sink`.
  package init(over sink: any ByteSink) {
    self.sink = sink
    block.reserveCapacity(Self.blockSize)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let step = rest.prefix(Self.blockSize - block.count)
      block.append(contentsOf: UnsafeRawBufferPointer(rebasing: step))
      rest = rest.dropFirst(step.count)
      if block.count == Self.blockSize { try deflateBlock(isLast: false) }
    }
  }

  /// Writes the trailer and finishes the sink below. Further calls do nothing.
  package func finish() throws(StreamError) {
    guard !isFinished else { return }
    isFinished = true
    try deflateBlock(isLast: true)
    try sink.finish()
  }

  private func deflateBlock(isLast: Bool) throws(StreamError) {
    try block.withUnsafeBufferPointer { (block) throws(StreamError) in
      try deflate(UnsafeRawBufferPointer(block), isLast: isLast)
    }
    block.removeAll(keepingCapacity: true)
  }

  private func deflate(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(StreamError) {
    var rest = bytes[...]
    while true {
      let progress = output.withUnsafeMutableBytes { output in
        state.deflate(from: UnsafeRawBufferPointer(rebasing: rest), into: output, isLast: isLast)
      }
      guard progress.code == 0 else {
        throw StreamError(
          .corrupt, path: name, message: "gzip compression failed with code \(progress.code)")
      }
      rest = rest.dropFirst(progress.consumed)
      if progress.produced > 0 {
        try output.withUnsafeBufferPointer { (output) throws(StreamError) in
          let bytes = UnsafeRawBufferPointer(output)[..<progress.produced]
          try sink.write(UnsafeRawBufferPointer(rebasing: bytes))
        }
      }
      if isLast ? progress.isFinished : rest.isEmpty && progress.produced < output.count { return }
    }
  }
}

/// A source over bytes in memory.
package final class MemorySource: ByteSource {
  package let name: String
  private let bytes: [UInt8]
  private let chunk: Int
  private var position = 0

  /// A source of `bytes` that hands out at most `chunk` bytes a read (all that fit by default).
  package init(_ bytes: [UInt8], name: String = "memory", chunk: Int = .max) {
    self.bytes = bytes
    self.name = name
    self.chunk = max(chunk, 1)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = min(buffer.count, chunk, bytes.count - position)
    guard count > 0 else { return 0 }
    let slice = bytes[position..<position + count]
    buffer.copyBytes(from: slice)
    position += count
    return count
  }
}

/// A sink that keeps what it gets in memory.
package final class MemorySink: ByteSink {
  package let name: String
  /// All bytes written.
  package private(set) var bytes: [UInt8] = []
  /// Whether `finish()` was called.
  package private(set) var isFinished = false

  /// An empty sink.
  package init(name: String = "memory") { self.name = name }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    self.bytes.append(contentsOf: bytes)
  }

  package func finish() throws(StreamError) { isFinished = true }
}

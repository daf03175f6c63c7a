import FalconetStreams
import FalconetTestSupport
import Testing

/// All bytes of `source`, read with buffers of `chunk` bytes.
func readAll(_ source: any ByteSource, chunk: Int = 1000) throws(StreamError) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: chunk)
  while true {
    let count = try buffer.withUnsafeMutableBufferPointer { (buffer) throws(StreamError) in
      try source.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// Writes `bytes` to `sink` in pieces whose lengths `generator` chooses, and finishes it.
func writeInPieces(
  _ bytes: [UInt8], to sink: any ByteSink, upTo limit: Int, seed: UInt64
) throws(StreamError) {
  var generator = SeededGenerator(seed: seed)
  var index = 0
  while index < bytes.count {
    let count = min(Int.random(in: 0...limit, using: &generator), bytes.count - index)
    try sink.write(Array(bytes[index..<index + count]))
    index += count
  }
  try sink.finish()
}

/// The error that `body` throws, or nil.
func streamError(_ body: () throws(StreamError) -> Void) -> StreamError? {
  do throws(StreamError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// A sink that accepts a number of bytes and then reports a full device.
final class FullSink: ByteSink {
  let name = "full"
  private var room: Int

  init(room: Int) { self.room = room }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    room -= bytes.count
    if room < 0 { throw StreamError(.noSpace, path: name, message: "full") }
  }

  func finish() throws(StreamError) {}
}

/// A source of `count` zero bytes.
final class ZeroSource: ByteSource {
  let name = "zeros"
  private var left: UInt64

  init(count: UInt64) { left = count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = Int(min(left, UInt64(buffer.count)))
    buffer.prefix(count).initializeMemory(as: UInt8.self, repeating: 0)
    left -= UInt64(count)
    return count
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[..<count])
  }
}

/// The bytes of hexadecimal text in a test, which is known to be right.
func bytes(hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

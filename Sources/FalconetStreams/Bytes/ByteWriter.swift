/// A buffered writer of big-endian values over any sink.
///
/// `finish()` has to be called at the end: what is still buffered is lost otherwise.
///
/// Safety: `used ≤ storage.count` always holds, bytes below `used`
/// were written here, and no pointer into the buffer outlives a call.
package final class ByteWriter: ByteSink {
  package var name: String { sink.name }
  /// The number of bytes written so far, those in the buffer included.
  package private(set) var position: UInt64 = 0

  private let sink: any ByteSink
  private let storage: UnsafeMutableRawBufferPointer
  private var used = 0

  /// A writer to `sink` with a buffer of `capacity` bytes, at least 16.
  package init(_ sink: any ByteSink, capacity: Int = ByteReader.defaultCapacity) {
    self.sink = sink
    storage = .allocate(byteCount: max(capacity, 16), alignment: 64)
  }

  deinit { storage.deallocate() }

  /// Writes all of `bytes`; long ones go to the sink without a copy.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    if bytes.count > storage.count - used {
      try flush()
      if bytes.count >= storage.count {
        try sink.write(bytes)
        position &+= UInt64(bytes.count)
        return
      }
    }
    UnsafeMutableRawBufferPointer(rebasing: storage[used...]).copyMemory(from: bytes)
    advance(bytes.count)
  }

  /// Writes the UTF-8 bytes of `text`.
  package func write(_ text: String) throws(StreamError) { try write(Array(text.utf8)) }

  /// Writes one byte.
  package func writeUInt8(_ value: UInt8) throws(StreamError) { try writeInteger(value) }

  /// Writes two bytes, big-endian.
  package func writeUInt16(_ value: UInt16) throws(StreamError) { try writeInteger(value) }

  /// Writes four bytes, big-endian.
  package func writeUInt32(_ value: UInt32) throws(StreamError) { try writeInteger(value) }

  /// Writes eight bytes, big-endian.
  package func writeUInt64(_ value: UInt64) throws(StreamError) { try writeInteger(value) }

  /// Writes a big-endian integer of the width of `Value`, at most 16 bytes.
  package func writeInteger<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value
  ) throws(StreamError) {
    let width = MemoryLayout<Value>.size
    if width > storage.count - used { try flush() }
    storage.storeBytes(of: value.bigEndian, toByteOffset: used, as: Value.self)
    advance(width)
  }

  /// Hands what is buffered to the sink.
  package func flush() throws(StreamError) {
    guard used > 0 else { return }
    let pending = UnsafeRawBufferPointer(rebasing: storage[..<used])
    used = 0
    try sink.write(pending)
  }

  /// Hands what is buffered to the sink and finishes the sink.
  package func finish() throws(StreamError) {
    try flush()
    try sink.finish()
  }

  private func advance(_ count: Int) {
    used += count
    position &+= UInt64(count)
  }
}

extension ByteReader {
  /// One byte.
  package func readUInt8() throws(StreamError) -> UInt8 { try readInteger() }

  /// Two bytes, big-endian.
  package func readUInt16() throws(StreamError) -> UInt16 { try readInteger() }

  /// Four bytes, big-endian.
  package func readUInt32() throws(StreamError) -> UInt32 { try readInteger() }

  /// Eight bytes, big-endian.
  package func readUInt64() throws(StreamError) -> UInt64 { try readInteger() }

  /// A big-endian integer of the width of `Value`.
  /// - Throws: `.truncated` if the data ends before.
  package func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
    as type: Value.Type = Value.self
  ) throws(StreamError) -> Value {
    let width = MemoryLayout<Value>.size
    let offset = position
    while buffered.count < width {
      guard try fill() else {
        throw truncated(expected: UInt64(width), found: UInt64(buffered.count), at: offset)
      }
    }
    let value = buffered.loadUnaligned(as: Value.self)
    consume(width)
    return Value(bigEndian: value)
  }
}

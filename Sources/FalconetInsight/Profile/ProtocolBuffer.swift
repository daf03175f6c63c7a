import FalconetStreams

/// Writes the fields of a protocol buffer message (the wire format of protobuf's specification):
/// variable-length integers, and byte strings with their length.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  /// An integer field. Zero is what a missing field means.
  mutating func field(_ number: UInt64, _ value: UInt64) {
    guard value != 0 else { return }
    varint(number << 3)
    varint(value)
  }

  /// A field that holds a string, a message, or packed integers.
  mutating func field(_ number: UInt64, _ content: some Collection<UInt8>) {
    varint(number << 3 | 2)
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  /// A field that holds a message.
  mutating func field(_ number: UInt64, _ build: (inout ProtocolBuffer) -> Void) {
    var message = ProtocolBuffer()
    build(&message)
    field(number, message.bytes)
  }

  /// A repeated field of integers.
  mutating func field(_ number: UInt64, packed values: some Sequence<UInt64>) {
    var content = ProtocolBuffer()
    for value in values { content.varint(value) }
    field(number, content.bytes)
  }

  /// Writes what there is so far, and begins again with nothing.
  mutating func flush(to writer: ByteWriter) throws(StreamError) {
    try writer.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

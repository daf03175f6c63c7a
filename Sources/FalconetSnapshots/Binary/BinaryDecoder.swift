import FalconetMachine
import FalconetStreams

/// Reads Cannon's binary format: a version byte, the pages, the state.
///
/// Stricter than Cannon, which lets pass what no release wrote: pages twice or out of range,
/// booleans that are neither 0 nor 1, and trailing bytes are errors.
package struct BinaryDecoder: SnapshotProducer {
  private let reader: ByteReader

  /// A decoder of the decompressed bytes of a snapshot.
  package init(_ reader: ByteReader) { self.reader = reader }

  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    let number = try reader.readUInt8()
    guard let version = StateVersion(rawValue: number) else {
      throw StreamError.unknownVersion(number, name: reader.name)
    }
    let state = StateReader(reader: reader, version: version)
    let count = try state.integer(version.wordSize.bytes)
    try consumer.begin(SnapshotOutline(version: version, pageCount: count))
    try pages(count, state, consumer)
    let end = try state.state()
    try reader.expectEnd()
    try consumer.end(end)
  }

  private func pages(
    _ count: UInt64, _ state: StateReader, _ consumer: some SnapshotConsumer
  ) throws(StreamError) {
    var ledger = PageLedger(state.version.wordSize)
    let buffer = PageBuffer()
    var done: UInt64 = 0
    while done < count {
      let offset = reader.position
      do {
        let index = try state.integer(state.version.wordSize.bytes)
        try ledger.add(index, of: reader.name, at: offset)
        try reader.readExactly(into: buffer.bytes)
        try consumer.page(index, UnsafeRawBufferPointer(buffer.bytes))
      } catch {
        guard error.kind == .truncated else { throw error }
        var error = error
        error.message = "the file ends in page \(done + 1) of \(count): \(error.message)"
        throw error
      }
      done += 1
    }
  }
}

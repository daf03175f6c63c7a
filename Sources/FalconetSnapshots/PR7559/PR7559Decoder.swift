import FalconetMachine
import FalconetStreams

/// Reads the binary format that was proposed for version 0 in 2023 and never merged: two version
/// bytes, both 0, pages with lengths, in any order.
///
/// Stricter than the proposal in one way: an `exited` that is neither 0 nor 1 is an error.
package struct PR7559Decoder: SnapshotProducer {
  private let reader: ByteReader

  /// A decoder of the decompressed bytes of a snapshot.
  package init(_ reader: ByteReader) { self.reader = reader }

  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    try readVersion("state")
    let length = UInt64(try reader.readUInt32())
    let end = reader.position + length
    guard length > 0 else {
      throw StreamError(
        .corrupt, path: reader.name, offset: 1,
        message: "the memory's length is 0, too short for its version byte")
    }
    try readVersion("memory")
    try consumer.begin(SnapshotOutline(version: .v0))
    try readPages(until: end, for: consumer)
    let state = try StateReader(reader: reader, version: .v0).state()
    try reader.expectEnd()
    try consumer.end(state)
  }

  private func readVersion(_ part: String) throws(StreamError) {
    let offset = reader.position
    let version = try reader.readUInt8()
    guard version == 0 else {
      throw StreamError(
        .unsupported, path: reader.name, offset: offset,
        message: "invalid \(part) encoding version \(version)",
        remedy: "only version 0 exists; the file is corrupt or of another format")
    }
  }

  private func readPages(
    until end: UInt64, for consumer: some SnapshotConsumer
  ) throws(StreamError) {
    var ledger = PageLedger(.bits32)
    let buffer = PageBuffer()
    while reader.position < end {
      let offset = reader.position
      guard end - offset >= UInt64(PR7559.pageHeader) else {
        throw overrun(at: offset, by: "a page's header")
      }
      let index = UInt64(try reader.readUInt32())
      try ledger.add(index, of: reader.name, at: offset)
      let count = Int(try reader.readUInt32())
      guard count <= Memory.pageSize else {
        throw StreamError(
          .tooLarge, path: reader.name, offset: offset + 4,
          message: "page \(index) has \(count) bytes, more than \(Memory.pageSize)")
      }
      guard UInt64(count) <= end - reader.position else {
        throw overrun(at: offset, by: "page \(index)")
      }
      try reader.readExactly(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count]))
      for position in count..<Memory.pageSize { buffer.bytes[position] = 0 }
      try consumer.page(index, UnsafeRawBufferPointer(buffer.bytes))
    }
  }

  private func overrun(at offset: UInt64, by part: String) -> StreamError {
    StreamError(
      .corrupt, path: reader.name, offset: offset,
      message: "\(part) goes past the end of the memory, whose length is at byte 1")
  }
}

/// Sizes of the format.
enum PR7559 {
  /// Bytes before a page's data: its index and its length.
  static let pageHeader = 8
  /// Bytes of a page as the format's writer writes it.
  static let pageBytes = pageHeader + Memory.pageSize
  /// The most pages that the 32 bits of the memory's length can count, behind a version byte.
  static let pageLimit = UInt64(UInt32.max - 1) / UInt64(pageBytes)
}

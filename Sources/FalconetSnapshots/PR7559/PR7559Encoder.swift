import FalconetMachine
import FalconetStreams

/// Writes the binary format that was proposed for version 0 and never merged. Canonical: pages in
/// ascending order and whole, while the proposal's writer has them in random order.
///
/// The producer has to know the number of pages, and to send them in ascending order.
package final class PR7559Encoder: SnapshotConsumer {
  private let writer: ByteWriter
  private var sequence: PageSequence

  /// An encoder into `sink`, which is not finished at the end.
  package init(to sink: any ByteSink) {
    writer = ByteWriter(sink)
    sequence = PageSequence(of: sink.name)
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    let (version, pageCount) = try outline.complete(for: writer.name)
    guard PR7559Codec.canHold(version) else {
      throw PR7559Codec.unsupported(version, name: writer.name)
    }
    guard pageCount <= PR7559.pageLimit else {
      throw StreamError(
        .tooLarge, path: writer.name,
        message: "pr7559 holds at most \(PR7559.pageLimit) pages, not \(pageCount)",
        remedy: "choose another format: " + SnapshotFormat.endings(for: version))
    }
    sequence = PageSequence(of: writer.name, expecting: pageCount)
    let length = 1 + pageCount * UInt64(PR7559.pageBytes)
    try writer.writeUInt8(0)
    try writer.writeUInt32(UInt32(truncatingIfNeeded: length))
    try writer.writeUInt8(0)
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try sequence.add(index)
    try writer.writeUInt32(UInt32(truncatingIfNeeded: index))
    try writer.writeUInt32(UInt32(Memory.pageSize))
    try writer.write(bytes)
  }

  package func end(_ state: MachineState) throws(StreamError) {
    try sequence.finish()
    try StateWriter.write(state, of: writer.name) { (bytes) throws(StreamError) in
      try writer.write(bytes)
    }
    try writer.flush()
  }
}

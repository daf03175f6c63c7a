import FalconetMachine
import FalconetStreams

/// Writes Cannon's binary format. Canonical: pages in ascending order.
///
/// The producer has to know the version and the number of pages, and to send pages in ascending
/// order.
package final class BinaryEncoder: SnapshotConsumer {
  private let writer: ByteWriter
  private var version = StateVersion.newest
  private var sequence: PageSequence

  /// An encoder into `sink`, which is not finished at the end.
  package init(to sink: any ByteSink) {
    writer = ByteWriter(sink)
    sequence = PageSequence(of: sink.name)
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    let (version, pageCount) = try outline.complete(for: writer.name)
    self.version = version
    sequence = PageSequence(of: writer.name, expecting: pageCount)
    try writer.writeUInt8(version.rawValue)
    try word(pageCount)
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try sequence.add(index)
    try word(index)
    try writer.write(bytes)
  }

  package func end(_ state: MachineState) throws(StreamError) {
    try sequence.finish()
    try StateWriter.write(state, of: writer.name) { (bytes) throws(StreamError) in
      try writer.write(bytes)
    }
    try writer.flush()
  }

  private func word(_ value: UInt64) throws(StreamError) {
    if version.wordSize == .bits64 {
      try writer.writeUInt64(value)
    } else {
      try writer.writeUInt32(UInt32(truncatingIfNeeded: value))
    }
  }
}

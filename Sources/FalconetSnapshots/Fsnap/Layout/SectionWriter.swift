import FalconetMachine
import FalconetStreams
import Keccak

/// Writes a file in one pass: the header, what describes the pages, the blocks, the trailer.
final class SectionWriter {
  private let writer: ByteWriter
  private let header: FsnapHeader
  private let headerChecksum: UInt32
  private var checksum = CRC32()
  private var blockOffsets: [UInt64] = []

  /// A writer of the file that `header` begins, into `sink`, which is not finished at the end.
  init(to sink: any ByteSink, header: FsnapHeader) {
    writer = ByteWriter(sink)
    self.header = header
    headerChecksum = header.checksum
  }

  /// Writes the header and all sections before the blocks.
  func writeDescription(_ plan: FsnapPlan) throws(StreamError) {
    try writer.write(header.bytes)
    if let base = plan.base { try write(.base, base.bytes(gone: plan.gone)) }
    let head = StateWriter.head(of: plan.state)
    try begin(.state, length: head.count + plan.state.lastHint.count)
    try StateWriter.write(plan.state, of: writer.name, head: head) { (bytes) throws(StreamError) in
      try append(bytes)
    }
    try end()
    if let revision = plan.state.revision {
      try write(.revision, Array(revision.utf8), flags: 0)
    }
    try begin(.pages, length: plan.stored.count * FsnapFormat.tableEntryBytes)
    for (index, root) in zip(plan.stored.indices, plan.stored.roots) {
      var entry = BigEndianBytes()
      entry.append(index)
      entry.append(contentsOf: root.bytes)
      try append(entry.bytes)
    }
    try end()
  }

  /// Writes the next block.
  func writeBlock(_ frame: [UInt8]) throws(StreamError) {
    let number = UInt32(truncatingIfNeeded: blockOffsets.count)
    blockOffsets.append(writer.position)
    try begin(.block, length: FsnapFormat.blockNumberBytes + frame.count)
    var prefix = BigEndianBytes()
    prefix.append(number)
    try append(prefix.bytes)
    try append(frame)
    try end()
  }

  /// Writes the trailer and hands everything to the sink.
  func finish() throws(StreamError) {
    var content = BigEndianBytes()
    for offset in blockOffsets { content.append(offset) }
    try write(.index, content.bytes)
    try writer.flush()
  }

  private func write(
    _ kind: SectionKind, _ content: [UInt8], flags: UInt8 = SectionHeading.mandatory
  ) throws(StreamError) {
    try begin(kind, length: content.count, flags: flags)
    try append(content)
    try end()
  }

  private func begin(
    _ kind: SectionKind, length: Int, flags: UInt8 = SectionHeading.mandatory
  ) throws(StreamError) {
    let heading = SectionHeading(
      kind: kind, flags: flags, length: UInt64(length), offset: writer.position)
    checksum = heading.checksum(of: headerChecksum)
    try writer.write(heading.bytes)
  }

  private func append(_ bytes: [UInt8]) throws(StreamError) {
    checksum.add(bytes)
    try writer.write(bytes)
  }

  private func end() throws(StreamError) { try writer.writeUInt32(checksum.value) }
}

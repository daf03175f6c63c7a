import FalconetMachine
import FalconetStreams

/// Keeps the pages of a snapshot in a temporary file until all came, then hands them out in
/// ascending order, with their number and the version: what a format needs whose files can't be
/// written in one pass from another.
///
/// Memory: 16 bytes a page.
package final class PageSpool: SnapshotConsumer, SnapshotProducer {
  private struct Entry {
    let index: UInt64
    let offset: UInt64
  }

  private let file: TemporaryFile
  private var entries: [Entry] = []
  private var state: MachineState?
  private var outline = SnapshotOutline(wordSize: .bits64)

  /// An empty spool.
  ///
  /// - Parameter folder: where the file is made, without a name; nil is `TMPDIR`, or `/tmp`.
  package init(in folder: String? = nil) throws(StreamError) {
    file = try TemporaryFile(in: folder)
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) { self.outline = outline }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    let offset = UInt64(entries.count) * UInt64(Memory.pageSize)
    try file.write(bytes, at: offset)
    entries.append(Entry(index: index, offset: offset))
  }

  package func end(_ state: MachineState) throws(StreamError) { self.state = state }

  // MARK: Random access

  /// The pages by index: where in the file each is. Made once all came.
  func offsets() -> [UInt64: UInt64] {
    Dictionary(entries.map { ($0.index, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads the page at an offset of ``offsets()``.
  func readPage(at offset: UInt64, into buffer: PageBuffer) throws(StreamError) {
    try file.read(into: buffer.bytes, at: offset)
  }

  /// The state, once all of the snapshot came.
  var finalState: MachineState? { state }

  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    guard let state else {
      throw StreamError(.truncated, path: file.name, message: "the snapshot has no end")
    }
    entries.sort { $0.index < $1.index }
    var complete = SnapshotOutline(version: state.version, pageCount: UInt64(entries.count))
    complete.unverifiedClaim = outline.unverifiedClaim
    try consumer.begin(complete)
    let buffer = PageBuffer()
    for entry in entries {
      try file.read(into: buffer.bytes, at: entry.offset)
      try consumer.page(entry.index, UnsafeRawBufferPointer(buffer.bytes))
    }
    try consumer.end(state)
  }
}

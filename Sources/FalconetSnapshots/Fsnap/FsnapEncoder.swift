import FalconetMachine
import FalconetStreams
import Keccak

/// Writes a `.fsnap` file from any producer that sends pages in ascending order: what conversion to
/// the format is.
///
/// The claim, which the file begins with, is known only behind the last page. Until then the
/// compressed blocks are in a temporary file. ``FsnapWriter`` needs none.
package final class FsnapEncoder: SnapshotConsumer {
  private let sink: any ByteSink
  private let options: FsnapOptions
  private let intake: PageIntake
  private let packer: BlockPacker
  private let spool: FrameSpool
  private var sequence: PageSequence
  private var filter: DeltaFilter
  private var table = PageTable()
  private var stored = PageTable()
  private var outline = SnapshotOutline(wordSize: .bits64)

  /// What a delta against the written file is made with, once the end was written.
  package private(set) var base: FsnapBase?

  /// An encoder into `sink`, which is not finished at the end.
  package init(to sink: any ByteSink, _ options: FsnapOptions = FsnapOptions()) {
    self.sink = sink
    self.options = options
    let workers = BlockWorkers()
    let spool = FrameSpool(for: sink.name, in: options.temporaryFolder)
    self.spool = spool
    intake = PageIntake(workers: workers)
    packer = BlockPacker(
      pagesPerBlock: options.pagesPerBlock, level: options.level, workers: workers,
      store: { (frame) throws(StreamError) in try spool.append(frame) })
    sequence = PageSequence(of: sink.name)
    filter = DeltaFilter(options.base)
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    self.outline = outline
    sequence = PageSequence(of: sink.name, expecting: outline.pageCount)
    if let version = outline.version { try options.check(version, name: sink.name) }
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try sequence.add(index)
    if intake.add(index, bytes) { try drain() }
  }

  package func end(_ state: MachineState) throws(StreamError) {
    try sequence.finish()
    try options.check(state.version, name: sink.name)
    try drain()
    try packer.finish()
    filter.finish()
    let plan = FsnapPlan(
      state: state, memoryRoot: table.memoryRoot(state.version.wordSize), table: table,
      stored: stored, gone: filter.gone, options: options)
    try outline.check(plan.header.claim, name: sink.name)
    let writer = SectionWriter(to: sink, header: plan.header)
    try writer.writeDescription(plan)
    try spool.visit { (frame) throws(StreamError) in try writer.writeBlock(frame) }
    try writer.finish()
    base = plan.asBase
  }

  private func drain() throws(StreamError) {
    try intake.drain { (index, root, page) throws(StreamError) in
      table.append(index, root)
      guard filter.holds(index, root) else { return }
      stored.append(index, root)
      try packer.add(page)
    }
  }
}

/// Keeps compressed blocks in a temporary file, which is made for the first of them.
private final class FrameSpool {
  private let name: String
  private let folder: String?
  private var sink: TemporarySink?
  private var lengths: [Int] = []

  /// - Parameters:
  ///   - name: the file that the blocks are for, for errors.
  ///   - folder: where the file is made; nil is `TMPDIR`, or `/tmp`.
  init(for name: String, in folder: String?) {
    self.name = name
    self.folder = folder
  }

  func append(_ frame: [UInt8]) throws(StreamError) {
    if sink == nil { sink = try TemporarySink(for: name, in: folder) }
    try sink?.write(frame)
    lengths.append(frame.count)
  }

  /// Hands all blocks to `body` in order.
  func visit(_ body: ([UInt8]) throws(StreamError) -> Void) throws(StreamError) {
    guard let sink else { return }
    let reader = ByteReader(FilePart(sink))
    for length in lengths { try body(reader.readBytes(UInt64(length))) }
  }
}

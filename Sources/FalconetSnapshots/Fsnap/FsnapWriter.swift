import FalconetMachine
import FalconetStreams
import Keccak

/// Writes a machine's state as a `.fsnap` file in one pass, to any sink: the roots of the pages,
/// and with them the claim, are known before the first page is written.
///
/// ```swift
/// let first = MemorySink()
/// let base = try FsnapWriter.write(MemoryImage(machine), to: first)
/// _ = try machine.run(until: 1_000_000)
/// let delta = MemorySink()
/// try FsnapWriter.write(MemoryImage(machine), to: delta, FsnapOptions(base: base))
/// ```
package enum FsnapWriter {
  /// Writes a full image, or a delta if `options` has a base. `sink` is not finished.
  ///
  /// - Returns: what a delta against the written file is made with.
  /// - Throws: `.unsupported` if the base is of another state version or its chain too long, and
  ///   what the sink throws.
  @discardableResult
  package static func write(
    _ image: some StateImage, to sink: any ByteSink, _ options: FsnapOptions = FsnapOptions()
  ) throws(StreamError) -> FsnapBase {
    try options.check(image.state.version, name: sink.name)
    let (table, root) = image.pageTable()
    var filter = DeltaFilter(options.base)
    var stored = PageTable()
    for (index, root) in zip(table.indices, table.roots) where filter.holds(index, root) {
      stored.append(index, root)
    }
    filter.finish()
    let plan = FsnapPlan(
      state: image.state, memoryRoot: root, table: table, stored: stored,
      gone: filter.gone, options: options)

    let writer = SectionWriter(to: sink, header: plan.header)
    try writer.writeDescription(plan)
    let packer = BlockPacker(
      pagesPerBlock: options.pagesPerBlock, level: options.level, workers: BlockWorkers(),
      store: { (frame) throws(StreamError) in try writer.writeBlock(frame) })
    func isStored(_ page: UInt64) -> Bool { stored.position(of: page) != nil }
    try image.forEachPage(where: isStored) { (_, page) throws(StreamError) in
      try packer.add(page)
    }
    try packer.finish()
    try writer.finish()
    return plan.asBase
  }
}

/// Everything of a file but its blocks, about to be written.
struct FsnapPlan {
  let header: FsnapHeader
  let base: FsnapBaseName?
  let gone: [UInt64]
  let state: MachineState
  let stored: PageTable
  /// The pages of the state.
  let table: PageTable

  init(
    state: MachineState, memoryRoot: Bytes32, table: PageTable, stored: PageTable, gone: [UInt64],
    options: FsnapOptions
  ) {
    let witness = state.witness(memoryRoot: memoryRoot)
    header = FsnapHeader(
      claim: state.claim(witness: witness), version: state.version, witness: witness,
      depth: options.base.map { $0.depth + 1 } ?? 0, pagesPerBlock: options.pagesPerBlock,
      pageCount: UInt64(table.count), storedPageCount: UInt64(stored.count),
      tableDigest: table.digest)
    base = options.base?.name
    self.gone = gone
    self.state = state
    self.stored = stored
    self.table = table
  }

  /// What a delta against the file is made with.
  var asBase: FsnapBase {
    FsnapBase(
      name: FsnapBaseName(
        claim: header.claim, version: header.version, tableDigest: header.tableDigest),
      depth: header.depth, table: table)
  }
}

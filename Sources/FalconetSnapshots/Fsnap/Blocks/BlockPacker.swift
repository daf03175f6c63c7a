import FalconetMachine
import FalconetStreams
import Keccak

/// Puts pages together to blocks, and compresses some blocks at a time on all cores.
final class BlockPacker {
  private let pagesPerBlock: Int
  private let level: Int32
  private let workers: BlockWorkers
  private let store: ([UInt8]) throws(StreamError) -> Void
  private var full: [[UInt8]] = []
  private var open: [UInt8] = []

  /// - Parameter store: takes the zstd frames of the blocks in order.
  init(
    pagesPerBlock: Int, level: Int32, workers: BlockWorkers,
    store: @escaping ([UInt8]) throws(StreamError) -> Void
  ) {
    self.pagesPerBlock = pagesPerBlock
    self.level = level
    self.workers = workers
    self.store = store
  }

  /// Adds a page.
  func add(_ page: UnsafeRawBufferPointer) throws(StreamError) {
    if open.isEmpty { open.reserveCapacity(pagesPerBlock * Memory.pageSize) }
    open.append(contentsOf: page)
    guard open.count == pagesPerBlock * Memory.pageSize else { return }
    full.append(open)
    open = []
    if full.count == workers.batch { try compress() }
  }

  /// Compresses what is left. The last block may have fewer pages.
  func finish() throws(StreamError) {
    if !open.isEmpty { full.append(open) }
    open = []
    try compress()
  }

  private func compress() throws(StreamError) {
    let frames = try workers.map(full.count) { [full, level] (worker, item) throws(StreamError) in
      try worker.compress(full[item], level: level)
    }
    full.removeAll(keepingCapacity: true)
    for frame in frames { try store(frame) }
  }
}

/// Computes the roots of pages as they come, some at a time on all cores.
final class PageIntake {
  private static let pagesPerChunk = 32
  private let workers: BlockWorkers
  private var indices: [UInt64] = []
  private var chunks: [[UInt8]] = []

  init(workers: BlockWorkers) { self.workers = workers }

  /// Adds a page.
  /// - Returns: whether enough pages are waiting for ``drain(_:)``.
  func add(_ index: UInt64, _ page: UnsafeRawBufferPointer) -> Bool {
    if indices.count % Self.pagesPerChunk == 0 {
      chunks.append([])
      chunks[chunks.count - 1].reserveCapacity(Self.pagesPerChunk * Memory.pageSize)
    }
    chunks[chunks.count - 1].append(contentsOf: page)
    indices.append(index)
    return indices.count == workers.batch * Self.pagesPerChunk
  }

  /// Hands the waiting pages to `body` in order, with their roots.
  func drain(
    _ body: (UInt64, Bytes32, UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    let roots = try workers.map(chunks.count) { [chunks] (_, item) throws(StreamError) in
      chunks[item].pageRoots()
    }
    for (position, index) in indices.enumerated() {
      let (chunk, slot) = position.quotientAndRemainder(dividingBy: Self.pagesPerChunk)
      try chunks[chunk].withPage(slot) { (page) throws(StreamError) in
        try body(index, roots[chunk][slot], page)
      }
    }
    indices = []
    chunks = []
  }
}

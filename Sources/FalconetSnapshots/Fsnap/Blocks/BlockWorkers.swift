import FalconetMachine
import FalconetStreams
import FalconetThreads
import Keccak
import Synchronization

/// Does the same work on many blocks on all cores.
final class BlockWorkers {
  private let workers: [BlockWorker]

  init() {
    workers = (0..<ParallelLoop.width).map { _ in BlockWorker() }
  }

  /// Blocks that are worth being handed over together.
  var batch: Int { 2 * workers.count }

  /// Calls `body` for each number below `count`, some at the same time.
  /// - Returns: the results in order. Of several errors the first in order is thrown.
  func map<Value: Sendable>(
    _ count: Int, _ body: @Sendable (BlockWorker, Int) throws(StreamError) -> Value
  ) throws(StreamError) -> [Value] {
    let workers = workers
    let results = Mutex(Results<Value>(count))
    ParallelLoop.run(count, threads: workers.count) { item, thread in
      do throws(StreamError) {
        let value = try body(workers[thread], item)
        results.withLock { $0.values[item] = value }
      } catch {
        results.withLock { $0.record(error, of: item) }
      }
    }
    return try results.withLock { $0 }.inOrder()
  }

  /// What blocks came to, and the first error in their order.
  private struct Results<Value: Sendable>: Sendable {
    var values: [Value?]
    private var failure: (item: Int, error: StreamError)?

    init(_ count: Int) { values = [Value?](repeating: nil, count: count) }

    mutating func record(_ error: StreamError, of item: Int) {
      if let failure, failure.item < item { return }
      failure = (item, error)
    }

    /// Each block has had one worker, so without a failure every value is there.
    func inOrder() throws(StreamError) -> [Value] {
      if let failure { throw failure.error }
      return values.compactMap { $0 }
    }
  }
}

/// What one thread needs to work on blocks, reused from one to the next.
///
/// Safety: `BlockWorkers` gives each worker to one thread at a time, and waits for all threads
/// before it hands workers out again.
final class BlockWorker: @unchecked Sendable {
  private var compressor: ZstdBlockCompressor?
  private var decompressor: ZstdBlockDecompressor?

  /// One zstd frame with its content's size and checksum. All calls are of one level.
  func compress(_ bytes: [UInt8], level: Int32) throws(StreamError) -> [UInt8] {
    let compressor: ZstdBlockCompressor
    if let kept = self.compressor {
      compressor = kept
    } else {
      compressor = try ZstdBlockCompressor(level: level)
      self.compressor = compressor
    }
    return try bytes.withUnsafeBufferPointer { (bytes) throws(StreamError) in
      try compressor.compress(UnsafeRawBufferPointer(bytes))
    }
  }

  /// The `count` bytes of a zstd frame.
  func decompress(_ frame: [UInt8], count: Int) throws(StreamError) -> [UInt8] {
    let decompressor: ZstdBlockDecompressor
    if let kept = self.decompressor {
      decompressor = kept
    } else {
      decompressor = try ZstdBlockDecompressor()
      self.decompressor = decompressor
    }
    return try frame.transformed(to: count) { (frame, bytes) throws(StreamError) in
      try decompressor.decompress(frame, into: bytes)
    }
  }
}

extension [UInt8] {
  /// The Merkle roots of the pages that lie in these bytes one after the other.
  func pageRoots() -> [Bytes32] { withUnsafeBytes { PageHasher.roots(of: $0) } }

  /// Calls `body` with one of the pages that lie in these bytes one after the other.
  func withPage(
    _ slot: Int, _ body: (UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    try withUnsafeBufferPointer { (bytes) throws(StreamError) in
      let page = UnsafeRawBufferPointer(bytes)[slot << 12..<(slot + 1) << 12]
      try body(UnsafeRawBufferPointer(rebasing: page))
    }
  }
}

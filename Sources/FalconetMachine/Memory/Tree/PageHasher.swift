import FalconetThreads
import Keccak

/// Computes the Merkle roots of pages: 128 leaves of 32 bytes, so 127 hashes a page.
///
/// Pages are hashed in groups, level by level, so that the kernel always has many nodes at once.
///
/// Safety: the buffer of nodes has room for a group of pages. Pages and roots are as the preconditions
/// say.
package struct PageHasher {
  /// Pages hashed together: enough to fill the widest kernel at the level below the root.
  private static let group = 8
  /// Pages for which another thread pays: a millisecond's work at least.
  static let pagesPerThread = 256

  private var nodes: [Bytes32]
  private let kernel: PairKernel

  init(_ kernel: PairKernel = .best) {
    self.kernel = kernel
    nodes = [Bytes32](repeating: Bytes32(), count: Self.group * PageNodes.leaves / 2)
  }

  /// Writes the root of each page to `roots`.
  /// - Precondition: 4096 bytes are readable at each page, and `roots` has room for all.
  private mutating func hash(
    _ pages: some Collection<UnsafeRawPointer>, into roots: UnsafeMutablePointer<Bytes32>
  ) {
    let width = PageNodes.leaves / 2
    nodes.withUnsafeMutableBytes { nodes in
      // The buffer is never empty.
      guard let nodes = nodes.baseAddress else { return }
      var filled = 0
      var done = 0
      func finish() {
        var count = filled * width
        while count > filled {
          count /= 2
          kernel.hash(nodes, into: nodes, count: count)
        }
        UnsafeMutableRawPointer(roots + done).copyMemory(from: nodes, byteCount: 32 * filled)
        done += filled
        filled = 0
      }
      for page in pages {
        kernel.hash(page, into: nodes + filled * 32 * width, count: width)
        filled += 1
        if filled == Self.group { finish() }
      }
      if filled > 0 { finish() }
    }
  }

  /// The roots of pages, computed by up to `threads` threads if there are many.
  /// - Precondition: 4096 bytes are readable at each page.
  static func roots(
    of pages: [UnsafeRawPointer], _ kernel: PairKernel = .best, threads: Int
  ) -> [Bytes32] {
    let ranges = ParallelLoop.ranges(of: pages.count, least: pagesPerThread, threads: threads)
    return [Bytes32](unsafeUninitializedCapacity: pages.count) { roots, count in
      count = pages.count
      guard let start = roots.baseAddress else { return }
      pages.withUnsafeBufferPointer { pages in
        let job = Job(pages: pages, roots: start)
        ParallelLoop.run(ranges.count, threads: ranges.count) { part, _ in
          var hasher = PageHasher(kernel)
          hasher.hash(job.pages[ranges[part]], into: job.roots + ranges[part].lowerBound)
        }
      }
    }
  }

  /// What the threads share.
  ///
  /// Safety: the pages are only read, and each root is written by the one thread whose part it
  /// is.
  private struct Job: @unchecked Sendable {
    let pages: UnsafeBufferPointer<UnsafeRawPointer>
    let roots: UnsafeMutablePointer<Bytes32>
  }

  /// The roots of pages that lie one after the other.
  /// - Precondition: `pages` is a multiple of 4096 bytes long.
  package static func roots(of pages: UnsafeRawBufferPointer) -> [Bytes32] {
    roots(of: pages, threads: 1)
  }

  static func roots(of pages: UnsafeRawBufferPointer, threads: Int) -> [Bytes32] {
    guard let start = pages.baseAddress else { return [] }
    let starts = (0..<pages.count / Memory.pageSize).map { start + $0 * Memory.pageSize }
    return roots(of: starts, threads: threads)
  }
}

import Keccak

/// Brings the cached nodes of many pages up to date with their pages, level by level over all of
/// them, so that the kernel has many nodes at once however few differ in each page.
///
/// Safety: a job's page has 4096 readable bytes, and its nodes belong to no other job.
struct PageRehash {
  /// A page, its cached nodes, and the pairs of leaves that differ.
  struct Job {
    let nodes: PageNodes
    let page: UnsafeRawPointer
    /// Bit k is for bytes 64k to 64k + 63.
    var differing: UInt64
  }

  /// Nodes hashed together: enough for every kernel, few enough to stay in the cache.
  private static let batch = 128

  private let kernel: PairKernel
  private let blocks: UnsafeMutableRawPointer
  private var targets: [UnsafeMutableRawPointer] = []

  /// Does the jobs.
  static func run(_ jobs: inout [Job], _ kernel: PairKernel) {
    guard !jobs.isEmpty else { return }
    withUnsafeTemporaryAllocation(byteCount: batch * 64, alignment: 64) { blocks in
      // The allocation is not empty, so it has an address.
      guard let start = blocks.baseAddress else { return }
      var rehash = PageRehash(kernel: kernel, blocks: start)
      rehash.run(&jobs)
    }
  }

  private init(kernel: PairKernel, blocks: UnsafeMutableRawPointer) {
    self.kernel = kernel
    self.blocks = blocks
    targets.reserveCapacity(Self.batch)
  }

  private mutating func run(_ jobs: inout [Job]) {
    for job in jobs { Self.takeOver(job) }
    var width = PageNodes.leaves / 2
    while width > 0 {
      for position in jobs.indices {
        add(jobs[position], firstNode: width)
        jobs[position].differing = Self.parents(of: jobs[position].differing)
      }
      // A level needs all of the level below.
      hash()
      width /= 2
    }
  }

  /// Copies the pairs of leaves that differ.
  private static func takeOver(_ job: Job) {
    forEachBit(of: job.differing) { pair in
      (job.nodes.start + 64 * pair).copyMemory(from: job.page + 64 * pair, byteCount: 64)
    }
  }

  /// Adds the nodes of one level that lie above a difference.
  private mutating func add(_ job: Job, firstNode: Int) {
    Self.forEachBit(of: job.differing) { position in
      if targets.count == Self.batch { hash() }
      let number = firstNode + position
      (blocks + 64 * targets.count).copyMemory(
        from: job.nodes.children(of: number), byteCount: 64)
      targets.append(job.nodes.node(number))
    }
  }

  private mutating func hash() {
    kernel.hash(blocks, into: blocks, count: targets.count)
    for (position, target) in targets.enumerated() {
      target.copyMemory(from: blocks + 32 * position, byteCount: 32)
    }
    targets.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  private static func forEachBit(of mask: UInt64, _ body: (Int) -> Void) {
    var rest = mask
    while rest != 0 {
      body(rest.trailingZeroBitCount)
      rest &= rest &- 1
    }
  }

  /// Which nodes lie above those of the level below: bit k is for bits 2k and 2k + 1.
  static func parents(of mask: UInt64) -> UInt64 {
    // Each step halves the gaps between the bits that are left.
    var bits = (mask | mask >> 1) & 0x5555_5555_5555_5555
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333
    bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF
    return (bits | bits >> 16) & 0x0000_0000_FFFF_FFFF
  }
}

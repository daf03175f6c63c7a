import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

@Suite("Cached nodes of pages")
struct PageNodeCacheTests {
  private static let kernels = PairKernel.allCases.filter(\.isAvailable)

  /// Pages near one another, far apart, and at both ends.
  private static func address(
    _ wordSize: WordSize, pages: Int, using random: inout SeededGenerator
  ) -> UInt64 {
    let number = UInt64(random.below(pages))
    let page = number % 3 == 0 ? number : number % 3 == 1 ? ~number : number << 17
    return (page << 12 | random.next() & 0xFFF) & wordSize.mask
  }

  private static func proves(_ memory: Memory, _ address: UInt64, _ root: Bytes32) -> Bool {
    let proof = memory.proof(at: address)
    return Array(proof.prefix(32)) == memory.bytes(at: address & ~31, count: 32)
      && proof.count == memory.wordSize.memoryProofBytes
      && NaiveTree.root(of: proof, at: address) == root
  }

  @Test(
    "Writes, roots and proofs in any order give what a naive recursion gives",
    arguments: kernels, [0, 1, 3, 2048])
  func anyOrder(_ kernel: PairKernel, _ cachedPages: Int) throws {
    for wordSize in [WordSize.bits32, .bits64] {
      var random = SeededGenerator(seed: UInt64(cachedPages) &+ wordSize.mask)
      let memory = Memory(wordSize: wordSize)
      memory.restartTree(cachedPages: cachedPages)
      memory.hashKernel = kernel
      for round in 0..<60 {
        for _ in 0..<random.below(4) {
          let address = Self.address(wordSize, pages: 6, using: &random)
          switch random.below(8) {
          case 0: try memory.clear(at: address, count: UInt64(random.below(5000)))
          // The word that is there: a change that changes nothing.
          case 1: try memory.storeWord(memory.loadWord(at: address), at: address)
          default: try memory.storeWord(random.next(), at: address)
          }
        }
        switch random.below(3) {
        case 0: _ = memory.root()
        case 1: _ = memory.proof(at: Self.address(wordSize, pages: 9, using: &random))
        default: break
        }
        guard round % 6 == 5 else { continue }
        let root = NaiveTree(of: memory).root
        if random.chance(2) { #expect(memory.root() == root, "round \(round)") }
        for _ in 0..<4 {
          let address = Self.address(wordSize, pages: 9, using: &random)
          #expect(Self.proves(memory, address, root), "round \(round), address \(address)")
        }
        #expect(memory.root() == root, "round \(round)")
        #expect(memory.cachedPageCount <= cachedPages)
      }
      #expect(cachedPages == 0 || memory.cachedPageCount > 0)
    }
  }

  @Test("A page is cached from its third hashing on, and once it is proved")
  func admission() throws {
    let memory = Memory(wordSize: .bits64)
    for round in 1...4 as ClosedRange<UInt64> {
      try memory.storeWord(round, at: 0x1000)
      _ = memory.root()
      #expect(memory.cachedPageCount == (round < 3 ? 0 : 1))
    }
    _ = memory.proof(at: 0x1008)
    #expect(memory.cachedPageCount == 1)
    try memory.storeWord(1, at: 0x2000)
    _ = memory.proof(at: 0x2000)
    #expect(memory.cachedPageCount == 2)
    // A page that doesn't exist is known without.
    _ = memory.proof(at: 0x3000)
    #expect(memory.cachedPageCount == 2)
  }

  @Test("Each leaf of a cached page can change alone, and each two together")
  func leaves() throws {
    let memory = Memory(wordSize: .bits64)
    let fresh = Memory(wordSize: .bits64)
    _ = memory.proof(at: 0)
    for leaf in 0..<128 as Range<UInt64> {
      for other in [leaf, (leaf * 37 + 11) % 128] {
        for offset in [0, 8, 16, 24] as [UInt64] where (leaf + offset / 8) % 4 == 0 {
          try memory.storeWord(leaf << 8 | offset | 1, at: other << 5 | offset)
        }
      }
      try memory.withPage(0) { (page) throws(HostMemoryError) in try fresh.write(page, at: 0) }
      fresh.restartTree(cachedPages: 0)
      #expect(memory.root() == fresh.root(), "leaf \(leaf)")
    }
    #expect(memory.cachedPageCount == 1)
  }

  @Test("Slots move on to the pages that are in use", arguments: [1, 2, 5])
  func eviction(_ cachedPages: Int) throws {
    var random = SeededGenerator(seed: 11)
    let memory = Memory(wordSize: .bits64)
    memory.restartTree(cachedPages: cachedPages)
    let fresh = Memory(wordSize: .bits64)
    // The pages in use wander through more pages than there are slots.
    for round in 0..<300 as Range<UInt64> {
      let page = round / 20 + UInt64(random.below(3))
      let (address, word) = (page << 12 | random.next() & 0xFF8, random.next())
      try memory.storeWord(word, at: address)
      try fresh.storeWord(word, at: address)
      if random.chance(4) { _ = memory.proof(at: UInt64(random.below(20)) << 12) }
      let root = memory.root()
      guard round % 10 == 9 else { continue }
      fresh.restartTree(cachedPages: 0)
      #expect(root == fresh.root(), "round \(round)")
      #expect(Self.proves(memory, address, root))
    }
    #expect(memory.cachedPageCount == cachedPages)
  }
}

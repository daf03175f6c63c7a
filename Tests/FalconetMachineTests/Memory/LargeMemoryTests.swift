import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

@Suite("Hashing of many pages")
struct LargeMemoryTests {
  /// A memory with some thousand pages, dense and scattered.
  private static func memory(_ wordSize: WordSize, _ random: inout SeededGenerator) throws -> Memory
  {
    let memory = Memory(wordSize: wordSize)
    for number in 0..<2500 as Range<UInt64> {
      let page = number % 5 == 0 ? random.next() : 77 &+ number
      for _ in 0..<3 {
        try memory.storeWord(
          random.next(), at: (page << 12 | random.next() & 0xFFF) & wordSize.mask)
      }
    }
    return memory
  }

  @Test(
    "Every kernel on every number of threads gives the same roots and proofs",
    arguments: [WordSize.bits32, .bits64])
  func threads(_ wordSize: WordSize) throws {
    var random = SeededGenerator(seed: 21)
    let memory = try Self.memory(wordSize, &random)
    memory.hashKernel = .plain
    memory.hashThreads = 1
    let root = memory.root()
    let roots = memory.pageRoots().map(\.root)
    #expect(root == NaiveTree(of: memory).root)
    for kernel in PairKernel.allCases where kernel.isAvailable {
      memory.hashKernel = kernel
      #expect(memory.hashKernel == kernel)
      for threads in [1, 2, 3, 16] {
        memory.hashThreads = threads
        memory.restartTree(cachedPages: 2048)
        #expect(memory.root() == root)
        #expect(memory.pageRoots().map(\.root) == roots)
      }
    }
    // Half of the pages again and again, more of them than can be cached.
    memory.restartTree(cachedPages: 1000)
    for _ in 0..<5 {
      for index in memory.pageIndices where random.chance(2) {
        try memory.storeWord(random.next(), at: index << 12 | random.next() & 0xFF8)
      }
      _ = memory.root()
    }
    let last = memory.root()
    #expect(memory.cachedPageCount == 1000)
    memory.restartTree(cachedPages: 0)
    #expect(memory.root() == last)
  }

  @Test("At least one thread hashes")
  func noThreads() {
    let memory = Memory(wordSize: .bits64)
    memory.hashThreads = -3
    #expect(memory.hashThreads == 1)
  }

  @Test("Pages that pass have the memory's root, however many")
  func passing() throws {
    var random = SeededGenerator(seed: 22)
    let memory = try Self.memory(.bits64, &random)
    var tree = PageRootTree(wordSize: .bits64)
    for (position, index) in memory.pageIndices.enumerated() {
      memory.withPage(index) { tree.add(page: $0, at: index) }
      if position == 1200 { _ = tree.root() }
    }
    #expect(tree.root() == memory.root())
  }
}

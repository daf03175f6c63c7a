import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("The root of pages that pass")
struct PageRootTreeTests {
  private static func fill(_ page: UInt64, of memory: Memory, with value: UInt64) throws {
    for word in stride(from: 0 as UInt64, to: 64, by: 8) {
      try memory.storeWord(value &* (word | 1), at: page << 12 | word)
    }
  }

  private static func add(_ page: UInt64, of memory: Memory, to tree: inout PageRootTree) {
    memory.withPage(page) { tree.add(page: $0, at: page) }
  }

  @Test("Without pages it is that of an empty memory", arguments: [WordSize.bits32, .bits64])
  func empty(_ wordSize: WordSize) {
    var tree = PageRootTree(wordSize: wordSize)
    #expect(tree.root() == Memory(wordSize: wordSize).root())
  }

  @Test(
    "It is the memory's, whatever the pages and their order",
    arguments: [WordSize.bits32, .bits64], 1...8 as ClosedRange<UInt64>)
  func random(_ wordSize: WordSize, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let memory = Memory(wordSize: wordSize)
    let mask = wordSize.mask >> 12
    // Scattered pages, dense ones, and those at both ends of the address space.
    var pages: [UInt64] = [0, mask]
    for _ in 0..<random.below(200) { pages.append(random.next() & mask) }
    let start = random.next() & mask
    for number in 0..<UInt64(random.below(700)) { pages.append((start &+ number) & mask) }
    pages = Array(Set(pages)).sorted()
    for page in pages { try Self.fill(page, of: memory, with: random.next()) }

    var ascending = PageRootTree(wordSize: wordSize)
    for page in pages { Self.add(page, of: memory, to: &ascending) }
    #expect(ascending.root() == memory.root())
    #expect(ascending.root() == memory.root())

    var shuffled = PageRootTree(wordSize: wordSize)
    for page in pages.shuffled(using: &random) { Self.add(page, of: memory, to: &shuffled) }
    #expect(shuffled.root() == memory.root())
  }

  @Test("Of pages added twice the last one counts", arguments: [WordSize.bits32, .bits64])
  func duplicates(_ wordSize: WordSize) throws {
    var random = SeededGenerator(seed: 5)
    let memory = Memory(wordSize: wordSize)
    var tree = PageRootTree(wordSize: wordSize)
    for round in 0..<400 {
      // Page 3 is written every other time, often twice in a row.
      let page = random.chance(2) ? 3 : UInt64(random.below(20)) << 15
      try Self.fill(page, of: memory, with: random.next())
      Self.add(page, of: memory, to: &tree)
      // Roots in between must not change what follows.
      if round % 50 == 7 { #expect(tree.root() == memory.root(), "round \(round)") }
    }
    #expect(tree.root() == memory.root())
  }

  @Test("Bits of an index above the address space have no influence")
  func largeIndices() throws {
    let memory = Memory(wordSize: .bits32)
    try Self.fill(7, of: memory, with: 1)
    var tree = PageRootTree(wordSize: .bits32)
    memory.withPage(7) { tree.add(page: $0, at: 1 << 20 | 7) }
    #expect(tree.root() == memory.root())
  }
}

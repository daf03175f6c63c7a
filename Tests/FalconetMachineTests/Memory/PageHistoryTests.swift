import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("The history of a memory's pages")
struct PageHistoryTests {
  private static func pages(_ memory: Memory) -> [UInt64: [UInt8]] {
    var pages: [UInt64: [UInt8]] = [:]
    for index in memory.pageIndices { memory.withPage(index) { pages[index] = Array($0) } }
    return pages
  }

  @Test(
    "A memory goes to any of its moments, whatever was discarded between them",
    arguments: [WordSize.bits32, .bits64], [true, false])
  func random(_ wordSize: WordSize, _ reserves: Bool) throws {
    let regions: [UInt64] = [0, 0x4000, 1 << 44, (1 << 47) - 0x4000, 1 << 45, 1 << 63]
    for seed in 0..<UInt64(isLongRun ? 300 : 30) {
      var random = SeededGenerator(seed: seed)
      let memory = Memory(wordSize: wordSize, reservesAddressSpace: reserves)
      for _ in 0..<random.below(6) {
        try memory.storeWord(
          random.next(),
          at: (random.pick(regions) &+ random.next() & 0x3FF8) & wordSize.mask)
      }
      let history = PageHistory(of: memory, moment: 0)
      // A history is of a memory that does the same after the same moment.
      var expected: [UInt64: [UInt64: [UInt8]]] = [0: Self.pages(memory)]
      var now: UInt64 = 0
      func advance(to step: UInt64) throws {
        while now < step {
          var stores = SeededGenerator(seed: seed &* 1000 &+ now)
          for _ in 0..<stores.below(3) {
            let address = stores.pick(regions) &+ stores.next() & 0x3FF8
            try memory.storeWord(
              UInt64(stores.below(2)), at: address & wordSize.mask)
          }
          now += 1
        }
        if expected[now] == nil { expected[now] = Self.pages(memory) }
      }
      for _ in 0..<80 {
        switch random.below(8) {
        case 0...3:
          try advance(to: now + UInt64(1 + random.below(4)))
          // Moments that are passed would have to be marked.
          if history.index(atOrBefore: now).map({ history[$0] > history[history.lastVisited] })
            ?? false
          {
            let index = history.lastVisited
            history.go(to: index)
            now = history[index]
          } else if random.chance(2) {
            _ = history.mark(now)
          }
        case 4, 5:
          let index = random.below(history.count)
          history.go(to: index)
          now = history[index]
        case 6 where history.count > 1:
          let index = 1 + random.below(history.count - 1)
          if index != history.lastVisited { history.remove(at: index) }
        default: _ = memory.root()
        }
        #expect(Self.pages(memory) == expected[now], "seed \(seed), moment \(now)")
      }
      #expect(memory.root() == NaiveTree(of: memory).root)
    }
  }

  @Test("A page with the same bytes at several moments is kept once, and freed with the last one")
  func sharing() throws {
    let memory = Memory(wordSize: .bits64)
    try memory.storeWord(1, at: 0x1000)
    let history = PageHistory(of: memory, moment: 0)
    let empty = history.byteCount
    for moment in 1...10 as ClosedRange<UInt64> {
      try memory.storeWord(2, at: 0x1000)
      _ = history.mark(moment)
    }
    #expect(history.byteCount - empty < 3 * 4096)
    while history.count > 2 { history.remove(at: 1) }
    history.go(to: 0)
    history.remove(at: 1)
    #expect(history.byteCount - empty < 2 * 4096)
    #expect(memory.loadWord(at: 0x1000) == 1)
  }
}

import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

@Suite("Views of a memory at earlier moments")
struct MemoryViewTests {
  /// The pages of a memory, by index.
  private typealias Pages = [UInt64: [UInt8]]

  private static func pages(_ memory: Memory) -> Pages {
    var pages: Pages = [:]
    for index in memory.pageIndices {
      memory.withPage(index) { page in pages[index] = Array(page) }
    }
    return pages
  }

  private static func pages(_ view: MemoryView) -> Pages {
    var pages: Pages = [:]
    var last: UInt64?
    view.forEachPage { index, page in
      if let last { #expect(index > last, "ascending") }
      last = index
      pages[index] = Array(page)
    }
    #expect(view.pageIndices == pages.keys.sorted())
    #expect(view.pageCount == pages.count)
    return pages
  }

  /// Flat, window and far pages.
  private static func address(
    _ wordSize: WordSize, using random: inout SeededGenerator
  ) -> UInt64 {
    let regions: [UInt64] = [0, 0x4000, 1 << 44, (1 << 47) - 0x4000, 1 << 45, 1 << 63]
    return (random.pick(regions) &+ random.next() & 0x3FF8) & wordSize.mask
  }

  @Test(
    "Views stay what they are, and a memory can go back to any of them",
    arguments: [WordSize.bits32, .bits64], [true, false])
  func random(_ wordSize: WordSize, _ reserves: Bool) throws {
    for seed in 0..<UInt64(isLongRun ? 400 : 40) {
      var random = SeededGenerator(seed: seed)
      let version: StateVersion = wordSize == .bits32 ? .v5 : .v8
      let memory = Memory(wordSize: wordSize, reservesAddressSpace: reserves)
      let machine = Machine(state: MachineState(version: version), memory: memory)
      var kept: [(checkpoint: Checkpoint, pages: Pages)] = []
      for _ in 0..<60 {
        switch random.below(10) {
        case 0...5:
          try memory.storeWord(random.next(), at: Self.address(wordSize, using: &random))
        case 6: kept.append((machine.checkpoint(keepsRoots: random.chance(2)), Self.pages(memory)))
        case 7 where !kept.isEmpty: kept.remove(at: random.below(kept.count))
        case 8 where !kept.isEmpty:
          let target = random.pick(kept)
          machine.restore(target.checkpoint)
          #expect(Self.pages(memory) == target.pages, "seed \(seed)")
        default: _ = memory.root()
        }
      }
      for (checkpoint, pages) in kept {
        #expect(Self.pages(checkpoint.memory) == pages, "seed \(seed)")
        let copy = Memory(wordSize: wordSize)
        for (index, page) in pages {
          try page.withUnsafeBufferPointer {
            try copy.write(UnsafeRawBufferPointer($0), at: index << 12)
          }
        }
        #expect(checkpoint.memory.pageRoots().map(\.root) == copy.pageRoots().map(\.root))
      }
      #expect(memory.root() == NaiveTree(of: memory).root, "seed \(seed)")
    }
  }

  @Test("A view can be read while the machine writes, and shares what is not written")
  func concurrently() async throws {
    let memory = Memory(wordSize: .bits64)
    for index in 0..<512 { try memory.storeWord(UInt64(index), at: UInt64(index) << 12) }
    let view = memory.view()
    let reader = Task.detached {
      var sum: UInt64 = 0
      for _ in 0..<20 {
        view.forEachPage { _, page in
          sum &+= page.loadUnaligned(as: UInt64.self).bigEndian
        }
      }
      return sum
    }
    for index in 0..<256 { try memory.storeWord(.max, at: UInt64(index) << 12) }
    #expect(await reader.value == 20 * (511 * 512 / 2))
    #expect(view.copiedPageCount == 256)
  }

  @Test("No page is copied once nobody has the view")
  func dropped() throws {
    let memory = Memory(wordSize: .bits64)
    try memory.storeWord(1, at: 0)
    var view: MemoryView? = memory.view()
    view = nil
    try memory.storeWord(2, at: 0)
    #expect(view == nil)
    view = memory.view()
    #expect(view?.copiedPageCount == 0)
  }

  @Test("A machine that went back executes the same steps again", arguments: EngineKind.allCases)
  func machine(_ engine: EngineKind) throws {
    let prestate = try Fixtures.prestate(.v8, "hello")
    let machine = Machine(state: prestate.state, memory: prestate.memory, engine: engine)
    var claims: [Bytes32] = []
    var checkpoints: [Checkpoint] = []
    for step in stride(from: 50_000 as UInt64, through: 300_000, by: 50_000) {
      checkpoints.append(machine.checkpoint())
      _ = try machine.run(until: step)
      claims.append(machine.claim())
    }
    for position in [3, 0, 5, 2, 2] {
      machine.restore(checkpoints[position])
      _ = try machine.run(until: 50_000 * UInt64(position + 1))
      #expect(machine.claim() == claims[position])
    }
  }
}

import Testing

@testable import FalconetMachine

/// Blocks that reach into the next page with their delay slots: starts on page 2 and on page 5, slots on page 3 and on
/// page 6.
@Suite("Blocks that are forgotten with the page of their delay slot")
struct BlockCacheTests {
  private static let slot: UInt64 = 0x3000
  private let memory = Memory(wordSize: .bits64)

  private func cache(pages: [UInt64] = [2, 3, 5, 6]) throws -> BlockCache {
    for page in pages { try [1].withUnsafeBytes { try memory.write($0, at: page << 12 + 0x800) } }
    return try #require(BlockCache(memory, codeStart: 0x1000, missing: 8))
  }

  /// Adds a block as an engine does.
  private static func add(
    _ place: Int, at pc: UInt64, _ form: BlockForm = .usual, slot: UInt64? = nil,
    to cache: inout BlockCache
  ) {
    #expect(Self.admits(pc, in: &cache))
    if let slot { #expect(Self.admitsSlot(at: slot, of: pc, in: &cache)) }
    cache.insert(place, at: pc, form) { _ in }
    // The table of jumps has it from here on.
    for _ in 0..<8 { #expect(Self.enter(pc, form, in: &cache) == place) }
  }

  /// The place that the engine enters, if there is one.
  private static func enter(_ pc: UInt64, _ form: BlockForm = .usual, in cache: inout BlockCache)
    -> Int?
  {
    cache.enter(pc, form)
  }

  private static func admits(_ pc: UInt64, in cache: inout BlockCache) -> Bool { cache.admits(pc) }

  private static func admitsSlot(
    at slot: UInt64 = slot, of pc: UInt64 = 0x2FFC, in cache: inout BlockCache
  ) -> Bool {
    cache.admits(slot, reachedFrom: pc)
  }

  private static func forget(_ page: UInt64, in cache: inout BlockCache) -> [Int] {
    cache.forgetBlocks(ofPage: page).map(\.place).sorted()
  }

  @Test("They are all that reach into it, in both forms, beside its own, and no way leads to them")
  func all() throws {
    var cache = try cache()
    Self.add(10, at: 0x2000, to: &cache)
    Self.add(20, at: 0x2FF0, slot: Self.slot, to: &cache)
    Self.add(30, at: 0x2FFC, slot: Self.slot, to: &cache)
    Self.add(40, at: 0x2FF0, .checked, slot: Self.slot, to: &cache)
    Self.add(50, at: 0x3100, to: &cache)
    Self.add(60, at: 0x5FFC, slot: 0x6000, to: &cache)
    #expect(Self.forget(3, in: &cache) == [20, 30, 40, 50])
    for pc in [0x2FF0, 0x2FFC, 0x3100] as [UInt64] {
      #expect(cache[pc, .usual] == nil && Self.enter(pc, in: &cache) == nil)
      #expect(cache[pc, .checked] == nil && Self.enter(pc, .checked, in: &cache) == nil)
    }
    #expect(Self.enter(0x2000, in: &cache) == 10)
    #expect(Self.forget(6, in: &cache) == [60])
    #expect(Self.forget(2, in: &cache) == [10])
  }

  @Test("One that begins where such a block did, and reaches no further than its page, is not")
  func others() throws {
    var cache = try cache()
    Self.add(10, at: 0x2FF0, slot: Self.slot, to: &cache)
    Self.add(20, at: 0x3100, to: &cache)
    #expect(Self.forget(3, in: &cache) == [10, 20])
    Self.add(30, at: 0x2FF0, to: &cache)
    Self.add(40, at: 0x3100, to: &cache)
    #expect(Self.forget(3, in: &cache) == [40])
    Self.add(50, at: 0x2FFC, slot: Self.slot, to: &cache)
    cache.discardAll()
    Self.add(60, at: 0x2FFC, to: &cache)
    Self.add(70, at: 0x3100, to: &cache)
    #expect(Self.forget(3, in: &cache) == [70])
  }

  @Test("They count as blocks of a page that is overwritten too often to have any")
  func rewrites() throws {
    var cache = try cache()
    for place in 0...16 {
      Self.add(place, at: 0x2FFC, slot: Self.slot, to: &cache)
      #expect(Self.forget(3, in: &cache) == [place])
    }
    #expect(!Self.admitsSlot(in: &cache))
    #expect(Self.admits(0x2FFC, in: &cache))
  }

  @Test("The page behind the last one is the first")
  func wraps() throws {
    var cache = try cache(pages: [0, .max >> 12])
    Self.add(10, at: .max - 3, slot: 0, to: &cache)
    #expect(Self.forget(0, in: &cache) == [10])
  }

  @Test("No slot is on a page that doesn't exist")
  func missing() throws {
    var cache = try cache(pages: [2])
    #expect(Self.admits(0x2FFC, in: &cache))
    #expect(!Self.admitsSlot(in: &cache))
  }
}

import Testing

@testable import FalconetMachine

@Suite("Which pages have blocks, by how often they were overwritten")
struct PageRewritesTests {
  private static let page: UInt64 = 5

  /// Overwrites the page so often, with 2 blocks each time.
  private static func pages(after count: Int) -> PageRewrites {
    var pages = PageRewrites()
    for _ in 0..<count { pages.note(page, blocks: 2) }
    return pages
  }

  /// How often a page has to be asked for until it may have blocks.
  private static func asks(_ pages: inout PageRewrites) -> Int {
    var count = 1
    while count < 1_000_000 {
      switch pages.ask(page) {
      case .blocks: return count
      case .watch: count += 1
      case .no(let more): count += 1 + more
      }
    }
    return count
  }

  @Test("One that is overwritten a few times has blocks at once")
  func few() {
    var pages = PageRewrites()
    for _ in 0...16 {
      #expect(pages.ask(Self.page) == .blocks)
      pages.note(Self.page, blocks: 2)
    }
    #expect(pages.ask(Self.page) == .watch)
    #expect(pages.ask(6) == .blocks)
  }

  @Test(
    "One that is overwritten more often waits for as long as its blocks take, and once in a while again"
  )
  func tried() {
    var pages = Self.pages(after: 17)
    #expect(Self.asks(&pages) == 2 * 48 + 1)
    for _ in 0...16 {
      #expect(Self.asks(&pages) == 1)
      pages.note(Self.page, blocks: 2)
    }
    #expect(Self.asks(&pages) == 2 * 48 + 1)
  }

  @Test("One that is overwritten while it waits waits much longer, but not for ever")
  func closed() {
    var pages = Self.pages(after: 17)
    #expect(pages.ask(Self.page) == .watch)
    #expect(pages.ask(Self.page) == .no(more: 31))
    pages.note(Self.page, blocks: 0)
    #expect(Self.asks(&pages) == 2 * 48 * 16 + 1 + 2 * 48 + 1)
    #expect(Self.asks(&pages) == 1)
  }

  @Test("One without blocks has some at the next question")
  func without() {
    var pages = PageRewrites()
    for _ in 0..<17 { pages.note(Self.page, blocks: 0) }
    #expect(pages.ask(Self.page) == .blocks)
  }
}

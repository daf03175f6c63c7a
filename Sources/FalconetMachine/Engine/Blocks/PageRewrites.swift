/// Which pages may have blocks, by how often they were overwritten.
///
/// Blocks of a page are worth while if enough of its steps are executed until it is overwritten again. If only a few
/// are, the plain step takes less time than writing the blocks. So a page that was overwritten some times is *tried*:
/// first the plain step executes so many of its steps that blocks would have been worth while. If the page is
/// overwritten before, it is *closed*: the plain step executes many times as many steps, and then the page is tried
/// again. If not, it is *open*: it has blocks. An open page has blocks again as soon as it is overwritten, for a number
/// of times.
struct PageRewrites {
  enum Answer: Equatable {
    /// The page may have blocks.
    case blocks
    /// It has none for now, but ``note(_:blocks:)`` is to be called when it is overwritten.
    case watch
    /// It has none. For so many more of its steps nobody needs to ask.
    case no(more: Int)
  }

  private enum State {
    /// It has blocks again at once after it is overwritten, so many more times.
    case open(Int)
    /// The plain step executes so many more of its steps. After them, a page that was tried has blocks, and a closed
    /// one is tried.
    case tried(Int)
    case closed(Int)
  }
  private struct Page {
    var state = State.open(timesOpen)
    /// The most blocks that it had when it was overwritten.
    var blocks = 0
    /// How many steps the plain step executes in the time of writing them.
    var steps: Int { blocks * stepsOfBlock }
  }
  /// Those that were overwritten.
  private var pages: [UInt64: Page] = [:]

  private static let timesOpen = 16
  private static let stepsOfBlock = 48
  /// How much longer a page is closed than tried.
  private static let timesClosed = 16
  /// How many of its steps an answer is for.
  private static let stepsAtOnce = 32

  /// A page that has so many blocks, or has to be watched, was overwritten.
  mutating func note(_ index: UInt64, blocks: Int) {
    var page = pages[index] ?? Page()
    switch page.state {
    case .open(let times):
      page.blocks = max(page.blocks, blocks)
      page.state = times > 0 ? .open(times - 1) : .tried(page.steps)
    case .tried, .closed: page.state = .closed(page.steps * Self.timesClosed)
    }
    pages[index] = page
  }

  /// Whether a page may have blocks now. If not, the plain step executes one of its steps.
  mutating func ask(_ index: UInt64) -> Answer {
    guard let place = pages.index(forKey: index) else { return .blocks }
    let page = pages.values[place]
    switch page.state {
    case .open: return .blocks
    case .tried(let steps):
      guard steps > 0 else {
        pages.values[place].state = .open(Self.timesOpen)
        return .blocks
      }
      let isFirst = steps == page.steps
      let more = isFirst ? 0 : min(steps, Self.stepsAtOnce) - 1
      pages.values[place].state = .tried(steps - 1 - more)
      return isFirst ? .watch : .no(more: more)
    case .closed(let steps):
      guard steps > 0 else {
        pages.values[place].state = .tried(page.steps)
        return .no(more: 0)
      }
      let more = min(steps, Self.stepsAtOnce) - 1
      pages.values[place].state = .closed(steps - 1 - more)
      return .no(more: more)
    }
  }
}

/// Which code for a block.
enum BlockForm {
  case usual
  /// Each access to memory checks its address itself: entered where the usual form's check of several accesses
  /// fails, see ``AccessPlan``, and where the stack pointer is no frame's, see ``FramePlan``.
  case checked
}

/// The blocks that an engine has code for: found, inserted and discarded by the guest address that they
/// begin at.
///
/// A block is known by its *place*, an offset in the engine's code. A jump whose target the guest
/// computes goes through the ``JumpTable``. Every other jump goes straight to its block; as long as there
/// is no such block, the *link*, the place in the code that names the target, waits here. Links to the form that checks
/// each access don't: their engine finds them when they are taken.
///
/// A store to a page with blocks is left to the plain step, and code is left after a system call that wrote to one, so no
/// engine goes on with code that has changed. All blocks are discarded before the next run.
struct BlockCache {
  private let memory: Memory
  /// The places of blocks. An address without one has the complement of a number in ``waiting``.
  private var places: PlaceMap
  /// The same for the form that checks each access, which few blocks have.
  private var checkedPlaces = AddressMap()
  private var jumpTable: JumpTable
  /// Links that wait: each names the one before it, −1 the first.
  private var waiting: [(link: Int, before: Int)] = []

  /// Pages that have blocks.
  private var pages: Set<UInt64> = []
  /// The one of them that was asked for last.
  private var lastPage: UInt64?
  /// How often code of a page was overwritten.
  private var rewrites: [UInt64: Int] = [:]
  /// A page whose code is overwritten more often than this is left to the plain step: decoding it time
  /// and again would take longer.
  private static let mostRewrites = 16

  /// An empty cache, or nil if the host has no memory.
  ///
  /// - Parameters:
  ///   - codeStart: where the engine's code begins.
  ///   - missing: the place of code that ends the run at address 0.
  init?(_ memory: Memory, codeStart: UInt, missing: Int) {
    guard let jumpTable = JumpTable(codeStart: codeStart, missing: missing),
      let places = PlaceMap()
    else { return nil }
    self.memory = memory
    self.places = places
    self.jumpTable = jumpTable
  }

  /// Whether what is known of addresses takes as much memory of the host as it may.
  var isFull: Bool { places.isFull }

  /// The address of the ``JumpTable``'s entries.
  var jumpTableAddress: UInt { jumpTable.address }

  // MARK: Finding and inserting

  /// The place of a form of the block at an address, if there is one.
  subscript(pc: UInt64, form: BlockForm) -> Int? {
    guard let place = entry(pc, form), place >= 0 else { return nil }
    return place
  }

  private func entry(_ pc: UInt64, _ form: BlockForm) -> Int? {
    form == .usual ? places[pc] : checkedPlaces[pc]
  }

  /// - Returns: what it was before.
  private mutating func setEntry(_ pc: UInt64, _ form: BlockForm, to value: Int) -> Int? {
    form == .usual ? places.set(pc, to: value) : checkedPlaces.set(pc, to: value)
  }

  /// The last of the links that wait, by what ``places`` has for an address; −1 if there are none.
  private static func lastWaiting(_ place: Int?) -> Int {
    guard let place, place < 0 else { return -1 }
    return ~place
  }

  /// The place of a form of the block at an address. Jumps through the table find the usual one from here on, or if it is
  /// asked for a few times more.
  mutating func enter(_ pc: UInt64, _ form: BlockForm) -> Int? {
    if form == .usual, let place = jumpTable[pc] { return place }
    guard let place = self[pc, form] else { return nil }
    if form == .usual { jumpTable.offer(place, at: pc) }
    return place
  }

  /// Whether the page of an address can have blocks: it exists, and is not overwritten all the time.
  /// Stores to it are noticed from here on.
  mutating func admits(_ pc: UInt64) -> Bool {
    let page = pc >> 12
    if page == lastPage { return true }
    if pages.contains(page) {
      lastPage = page
      return true
    }
    guard rewrites[page, default: 0] < Self.mostRewrites, memory.markCode(onPage: page) else {
      return false
    }
    pages.insert(page)
    return true
  }

  /// Adds a block.
  ///
  /// - Parameter resolve: is called with each link that waited for the block.
  mutating func insert(
    _ place: Int, at pc: UInt64, _ form: BlockForm, resolve: (_ link: Int) -> Void
  ) {
    var next = Self.lastWaiting(setEntry(pc, form, to: place))
    while next >= 0 {
      resolve(waiting[next].link)
      next = waiting[next].before
    }
  }

  /// What a link leads to.
  enum Target {
    case block(Int)
    /// There is no block yet. Another link that waits for it, if there is one.
    case missing(other: Int?)
  }

  /// Where a link to the usual form of the block at an address leads to. If there is no such block, the link waits for
  /// it.
  mutating func target(_ pc: UInt64, of link: Int) -> Target {
    let before = places.set(pc, to: ~waiting.count, if: { $0 < 0 })
    if let before, before >= 0 { return .block(before) }
    let last = Self.lastWaiting(before)
    waiting.append((link, before: last))
    return .missing(other: last < 0 ? nil : waiting[last].link)
  }

  /// Has another link wait in the place of one that waits for the block at an address.
  mutating func replace(_ link: Int, with other: Int, for pc: UInt64) {
    var next = Self.lastWaiting(entry(pc, .usual))
    while next >= 0 {
      if waiting[next].link == link {
        waiting[next].link = other
        return
      }
      next = waiting[next].before
    }
  }

  // MARK: Discarding

  /// Discards all blocks. The engine may use the memory of their code for others.
  mutating func discardAll() {
    memory.unmarkCode(onPages: pages)
    pages.removeAll(keepingCapacity: true)
    lastPage = nil
    places.removeAll()
    checkedPlaces.removeAll()
    waiting.removeAll(keepingCapacity: true)
    jumpTable.clear()
  }

  /// Counts the pages with blocks that were overwritten since the last call.
  ///
  /// - Returns: whether there are any, so that the engine must discard its blocks.
  mutating func takeStaleCode() -> Bool {
    guard memory.hasStaleCode else { return false }
    for page in memory.takeStaleCode() { rewrites[page, default: 0] += 1 }
    return true
  }
}

/// Which code for a block.
enum BlockForm {
  case usual
  /// Each access to memory checks its address itself: entered where the usual form's check of several accesses
  /// fails, see ``AccessPlan``, and where the stack pointer is no frame's, see ``FramePlan``.
  case checked
}

/// The blocks that an engine has code for: found, inserted and forgotten by the guest address that they
/// begin at.
///
/// A block is known by its *place*, an offset in the engine's code. A jump whose target the guest
/// computes goes through the ``JumpTable``. Every other jump goes straight to its block; as long as there
/// is no such block, the *link*, the place in the code that names the target, waits here. Links to the form that checks
/// each access don't: their engine finds them when they are taken.
///
/// A store to a page with blocks is left to the plain step, and code is left after a system call that wrote to one, so no
/// engine goes on with code that has changed. Before code is entered again, the blocks of the pages that were written are
/// *forgotten*: no look-up finds one, and what still leads to its code comes to a *detour* there. The detour of the first
/// block at an address is a link that waits for the next one; those of later blocks at the address lead to the first's. So
/// nothing has to know who leads to a block, and no way to one has more than two detours. The code behind a detour is
/// never entered again: blocks are entered at their start, but by the returns of calls that are under way, of which there
/// are none between two runs of code. Its memory is used again when all blocks are discarded.
struct BlockCache {
  private let memory: Memory
  /// The places of blocks. An address without one has the complement of a number in ``waiting``.
  private var places: PlaceMap
  /// The same for the form that checks each access, which few blocks have.
  private var checkedPlaces: PlaceMap
  private var jumpTable: JumpTable
  /// Links that wait: each names the one before it, −1 the first.
  private var waiting: [(link: Int, before: Int)] = []

  /// Pages of which writes are noticed, and whether they have blocks.
  private var pages: [UInt64: Bool] = [:]
  /// The one with blocks that was asked for last.
  private var lastPage: UInt64?
  /// Pages that blocks of the page before reach into, with their delay slots, and where those blocks begin.
  private var reached: [UInt64: Set<UInt64>] = [:]
  private var rewrites = PageRewrites()
  /// The page that was asked for last in vain, and how many times it will be so again.
  private var refused: (page: UInt64, times: Int) = (0, 0)
  /// The places of the first blocks that were forgotten, by their keys.
  private var detours: [UInt64: Int] = [:]

  /// Links that wait, and detours, from which on the cache is worn.
  private static let mostWaiting = 1 << 20
  private static let mostDetours = 1 << 18

  /// An empty cache, or nil if the host has no memory.
  ///
  /// - Parameters:
  ///   - codeStart: where the engine's code begins.
  ///   - missing: the place of code that ends the run at address 0.
  init?(_ memory: Memory, codeStart: UInt, missing: Int) {
    guard let jumpTable = JumpTable(codeStart: codeStart, missing: missing),
      let places = PlaceMap(), let checkedPlaces = PlaceMap()
    else { return nil }
    self.memory = memory
    self.places = places
    self.checkedPlaces = checkedPlaces
    self.jumpTable = jumpTable
  }

  /// Whether what is known of addresses takes as much memory of the host as it may.
  var isFull: Bool { places.isFull || checkedPlaces.isFull }

  /// Whether what is known of forgotten blocks does.
  var isWorn: Bool { waiting.count > Self.mostWaiting || detours.count > Self.mostDetours }

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

  /// Whether the page of an address can have blocks: it exists, and ``PageRewrites`` has nothing against it. If so, stores
  /// to it are noticed from here on.
  mutating func admits(_ pc: UInt64) -> Bool {
    let page = pc >> 12
    if page == lastPage { return true }
    if page == refused.page, refused.times > 0 {
      refused.times -= 1
      return false
    }
    if pages[page] == true {
      lastPage = page
      return true
    }
    let answer = rewrites.ask(page)
    if case .no(let more) = answer {
      refused = (page, more)
      return false
    }
    guard memory.markCode(onPage: page) else { return false }
    pages[page] = answer == .blocks
    return answer == .blocks
  }

  /// Whether the page of an address can have the delay slot of a block that begins on the page before. If so, the block
  /// is forgotten with either page.
  mutating func admits(_ slot: UInt64, reachedFrom pc: UInt64) -> Bool {
    guard admits(slot) else { return false }
    reached[slot >> 12, default: []].insert(pc)
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

  // MARK: Forgetting

  /// A block that was forgotten, and where its code begins.
  struct ForgottenBlock {
    let pc: UInt64
    let form: BlockForm
    let place: Int

    /// Addresses of instructions are multiples of 4.
    fileprivate var key: UInt64 { form == .usual ? pc : pc | 2 }
  }

  /// Forgets the blocks of a page that was overwritten, and those that reach into it. It may have others from now on.
  ///
  /// - Returns: those that it had. At the start of each, the engine has to write a detour: see ``detour(of:)``.
  mutating func forgetBlocks(ofPage page: UInt64) -> [ForgottenBlock] {
    lastPage = nil
    refused.times = 0
    guard let hasBlocks = pages.removeValue(forKey: page) else { return [] }
    guard hasBlocks else {
      rewrites.note(page, blocks: 0)
      return []
    }
    let reaching = reached.removeValue(forKey: page)?.sorted() ?? []
    let usual = places.takePlaces(ofPage: page) + places.takePlaces(of: reaching)
    let checked = checkedPlaces.takePlaces(ofPage: page) + checkedPlaces.takePlaces(of: reaching)
    for block in usual { jumpTable.remove(block.address) }
    rewrites.note(page, blocks: usual.count + checked.count)
    return usual.map { ForgottenBlock(pc: $0.address, form: .usual, place: $0.number) }
      + checked.map { ForgottenBlock(pc: $0.address, form: .checked, place: $0.number) }
  }

  /// The place of the detour that leads to the next block with the address and form of a forgotten one: the start of the
  /// first such block. The engine has it lead out of its code as long as there is none, in the usual form by a link that it
  /// gives to ``wait(_:for:)``. If the forgotten block starts elsewhere, the engine has its start lead there.
  mutating func detour(of block: ForgottenBlock) -> Int {
    if let place = detours[block.key] { return place }
    detours[block.key] = block.place
    return block.place
  }

  /// Has a link wait for the usual form of the block at an address, whose last one was forgotten.
  mutating func wait(_ link: Int, for pc: UInt64) {
    _ = places.set(pc, to: ~waiting.count)
    waiting.append((link, before: -1))
  }

  /// Discards all blocks. The engine may use the memory of their code for others.
  mutating func discardAll() {
    memory.unmarkCode(onPages: pages.keys)
    pages.removeAll(keepingCapacity: true)
    lastPage = nil
    reached.removeAll(keepingCapacity: true)
    places.removeAll()
    checkedPlaces.removeAll()
    detours.removeAll(keepingCapacity: true)
    waiting.removeAll(keepingCapacity: true)
    jumpTable.clear()
  }
}

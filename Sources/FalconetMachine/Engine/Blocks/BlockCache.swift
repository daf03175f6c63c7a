/// Which code for a block.
enum BlockForm {
  case usual
  /// Each access to memory checks its address itself: entered where the usual form's check of several accesses
  /// fails, see ``AccessPlan``.
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

/// Where the code of blocks is, by the address they start at: the table that indirect jumps of handlers
/// and of translated code read, which holds as many blocks as fit, one in each place.
///
/// Safety: the table has a power of two of entries, and indices are masked to it. Zeroed entries have
/// code 0, but an entry whose address matches always has code to go to: the only address that matches a
/// zeroed entry is 0, and its entry gets the code at `missing`.
struct JumpTable {
  /// One entry: the address, then the host address of the code.
  static let entryBytes = 16
  static let codeOffset = 8
  static let count = 1 << 18

  private let mapping: HostMapping
  private let codeStart: UInt
  private let missing: Int
  /// Which pages of the table have entries. Looked at without one, a page would be backed twice: by the system's page of
  /// zeros, and by its own.
  private var isUsed = Array(repeating: false, count: pageCount)
  /// How many entries each page without any was offered.
  private var offers = Array(repeating: UInt8(0), count: pageCount)
  /// Backing a page takes as long as this many exits for want of an entry.
  private static let mostOffers = 3
  private static let pageBytes = 4096
  private static let pageCount = count * entryBytes / pageBytes

  /// An empty table, or nil if the host has no memory.
  init?(codeStart: UInt, missing: Int) {
    guard let mapping = HostMapping(count: Self.count * Self.entryBytes) else { return nil }
    self.mapping = mapping
    self.codeStart = codeStart
    self.missing = missing
    clear()
  }

  var address: UInt { UInt(bitPattern: mapping.start) }

  /// The offset of an address's entry in the table, in bytes.
  private static func offset(_ pc: UInt64) -> Int {
    (Int(truncatingIfNeeded: pc >> 2) & (count - 1)) * entryBytes
  }

  private func entry(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (mapping.start + offset).assumingMemoryBound(to: UInt64.self)
  }

  /// The place of the code for an address, if the table has it.
  subscript(pc: UInt64) -> Int? {
    let offset = Self.offset(pc)
    guard isUsed[offset / Self.pageBytes] else { return nil }
    let entry = entry(offset)
    // The entry of address 0 may lead to no block.
    guard entry[0] == pc, pc != 0 else { return nil }
    return Int(truncatingIfNeeded: entry[Self.codeOffset / 8] &- UInt64(codeStart))
  }

  /// Adds an entry, unless it would be the first of its page and few were offered to the page before.
  mutating func offer(_ place: Int, at pc: UInt64) {
    let page = Self.offset(pc) / Self.pageBytes
    if !isUsed[page], offers[page] < Self.mostOffers {
      offers[page] += 1
    } else {
      insert(place, at: pc)
    }
  }

  private mutating func insert(_ place: Int, at pc: UInt64) {
    let offset = Self.offset(pc)
    isUsed[offset / Self.pageBytes] = true
    let entry = entry(offset)
    entry[0] = pc
    entry[Self.codeOffset / 8] = UInt64(codeStart) + UInt64(place)
  }

  mutating func clear() {
    for page in isUsed.indices where isUsed[page] {
      (mapping.start + page * Self.pageBytes)
        .initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageBytes)
      isUsed[page] = false
    }
    for page in offers.indices { offers[page] = 0 }
    insert(missing, at: 0)
  }
}

/// Numbers by guest address, for look-ups that are too many for a `Dictionary`, whose hashing is made
/// for keys of an attacker's choice: whoever writes the guest makes only their own runs slow here.
///
/// Addresses are even. Entries lie in an array of a power of two, at the place that the hash
/// gives or one of the next; at most half of it is used.
struct AddressMap {
  private var entries: [(address: UInt64, value: Int)]
  private(set) var count = 0
  private var shift: UInt64

  /// No address has this value.
  private static let unused: UInt64 = 1
  private static let smallest: UInt64 = 10

  init() {
    entries = Array(repeating: (Self.unused, 0), count: 1 << Self.smallest)
    shift = 64 - Self.smallest
  }

  /// The place of an address, or the unused one if it would go.
  @inline(__always)
  private func place(_ address: UInt64) -> Int {
    // Fibonacci hashing: the high bits of a multiple of 2^64 / golden ratio.
    var place = Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    while entries[place].address != address, entries[place].address != Self.unused {
      place = (place + 1) & (entries.count - 1)
    }
    return place
  }

  /// The number of an address; nil if it has none.
  subscript(address: UInt64) -> Int? {
    let entry = entries[place(address)]
    return entry.address == address ? entry.value : nil
  }

  /// Gives an address a number.
  ///
  /// - Returns: the one that it had.
  mutating func set(_ address: UInt64, to value: Int) -> Int? {
    var place = place(address)
    let before = entries[place].address == address ? entries[place].value : nil
    if entries[place].address == Self.unused {
      if 2 * (count + 1) > entries.count {
        grow()
        place = self.place(address)
      }
      count += 1
    }
    entries[place] = (address, value)
    return before
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: (Self.unused, 0), count: 2 * old.count)
    shift -= 1
    for entry in old where entry.address != Self.unused { entries[place(entry.address)] = entry }
  }

  mutating func removeAll() { self = AddressMap() }
}

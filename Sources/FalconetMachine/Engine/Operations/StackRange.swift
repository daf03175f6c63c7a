/// The part of memory around the stack pointer that is known to be directly writable. So translated code makes one
/// comparison when the stack pointer moves, and none for accesses to a stack frame: see ``FramePlan``.
///
/// It lies in the flat part or in the window. Of what code does, only a system call makes its pages less writable, and
/// an `ll` there, which is left to a call back that empties the range. Before code is entered, and before it goes on
/// after a system call, ``revalidate()`` looks at the pages again.
///
/// Safety: the flags are those of pages of the memory's space, which the machine owns as it does this range.
struct StackRange {
  private let bank: RegisterBank
  private let memory: Unmanaged<Memory>
  /// Checks look for addresses that are multiples of this many bytes, those of a register.
  private let unit: UInt64
  private var firstPage: UInt64 = 0
  private var pageCount: UInt64 = 0 {
    didSet { bank[RegisterBank.stackPages] = pageCount }
  }
  /// How often a stack pointer could not be made to pass.
  var misses: UInt64 = 0
  private var flags: UnsafePointer<UInt8> {
    didSet { bank[RegisterBank.stackFlags] = UInt64(UInt(bitPattern: flags)) }
  }

  /// If a check of the stack pointer passes, this many bytes from it on are of the range. They are few, since what is
  /// above a stack is often not directly writable.
  static let frame: UInt64 = 64
  /// Then this many bytes from it on can be read, as far from the host's address of the first as they are in the guest.
  /// Pages that don't exist are zero.
  static let reach: UInt64 = 1024
  /// Pages on each side of the stack pointer's that are looked at.
  private static let pagesAround = 4

  /// `memory` outlives the range.
  init(_ bank: RegisterBank, _ memory: Memory) {
    self.bank = bank
    self.memory = .passUnretained(memory)
    flags = UnsafePointer(memory.space.flags)
    unit = memory.wordSize == .bits64 ? 8 : 4
    clear()
  }

  /// Makes the range empty: no check passes.
  mutating func clear() {
    pageCount = 0
    bank[RegisterBank.stackSize] = 0
    bank[RegisterBank.stackBytes] = 0
  }

  /// Makes the range empty if it has the page of an address.
  mutating func exclude(_ address: UInt64) {
    if (address >> 12) &- firstPage < pageCount { clear() }
  }

  /// Makes the range empty if one of its pages is not directly writable any longer.
  @inline(__always)
  mutating func revalidate() {
    for page in 0..<Int(pageCount) where flags[page] != PageFlags.directlyWritable.rawValue {
      return clear()
    }
  }

  /// Whether a stack pointer passes the check. If it does not and the range can be made to have its frame, that is
  /// done, and it passes from here on.
  @inline(__always)
  mutating func coversFrame(at stackPointer: UInt64) -> Bool {
    let distance = stackPointer &- bank[RegisterBank.stackStart]
    // What is no multiple of the unit becomes large.
    let units = distance & (unit - 1) == 0 ? distance / unit : .max
    return units < bank[RegisterBank.stackSize] || cover(stackPointer, Self.frame)
  }

  /// Makes the range one that has `count` bytes from an address on, if that is possible.
  ///
  /// - Parameters:
  ///   - address: as registers hold it.
  ///   - count: at least ``frame``, at most a page.
  /// - Returns: whether the check passes from here on, for the address and for the one that is ``frame`` below the end
  ///   of these bytes.
  mutating func cover(_ address: UInt64, _ count: UInt64) -> Bool {
    let isCovered = memory._withUnsafeGuaranteedRef { cover(address, count, in: $0, $0.space) }
    if !isCovered { misses += 1 }
    return isCovered
  }

  private mutating func cover(
    _ address: UInt64, _ count: UInt64, in memory: Memory, _ space: GuestSpace
  ) -> Bool {
    let isFlat = address & space.outside == 0
    // Page 0 is guarded whenever a reservation ends.
    func isOfPart(_ page: UInt64) -> Bool {
      let start = page << 12
      return isFlat
        ? page > 0 && start & space.outside == 0 : space.isInWindow(start)
    }
    func isWritable(_ page: UInt64) -> Bool {
      isOfPart(page) && space.place(ofPage: page)?.flags == .directlyWritable
    }
    var first = address >> 12
    var last = (address &+ count &- 1) >> 12
    guard (address | count) & (unit - 1) == 0, isOfPart(first), isOfPart(last),
      memory.makeDirectlyWritable(first), memory.makeDirectlyWritable(last)
    else { return false }
    for _ in 0..<Self.pagesAround where isWritable(first - 1) { first -= 1 }
    for _ in 0..<Self.pagesAround where isWritable(last + 1) { last += 1 }
    let start = first << 12
    var end = (last + 1) << 12 - Self.frame
    // Behind the flat part is a margin, behind the window is none.
    if !isFlat { end = min(end, space.windowStart + space.windowSize - Self.reach) }
    guard address &+ count - Self.frame <= end else { return false }
    firstPage = first
    pageCount = last + 1 - first
    bank[RegisterBank.stackStart] = start
    bank[RegisterBank.stackSize] = (end - start) / unit + 1
    bank[RegisterBank.stackBytes] = end - start + 1
    if isFlat {
      flags = UnsafePointer(space.flags + Int(first))
      bank[RegisterBank.stackBase] = UInt64(UInt(bitPattern: space.base))
    } else {
      guard let flags = UnsafePointer<UInt8>(bitPattern: space.windowFlags &+ UInt(first)) else {
        clear()
        return false
      }
      self.flags = flags
      bank[RegisterBank.stackBase] = UInt64(space.windowBase)
    }
    return true
  }
}

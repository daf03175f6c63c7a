/// The part of memory around the stack pointer that is known to be directly writable, so that translated code checks
/// the accesses to a stack frame by one comparison.
///
/// It lies in the flat part or in the window. Nothing that code does makes its pages less writable but a system call,
/// and an `ll` there, which is left to a call back that empties the range. Before code is entered, and before it goes on
/// after a system call, ``revalidate()`` looks at the pages again.
///
/// Safety: the flags are those of pages of the memory's space, which the machine owns as it does this range.
struct StackRange {
  private let bank: RegisterBank
  private let space: Unmanaged<GuestSpace>
  /// The addresses that checks compare are multiples of this many bytes, those of a register.
  private let unit: UInt64
  private var firstPage: UInt64 = 0
  private var pageCount: UInt64 = 0 {
    didSet { bank[RegisterBank.stackPages] = pageCount }
  }
  private var flags: UnsafePointer<UInt8> {
    didSet { bank[RegisterBank.stackFlags] = UInt64(UInt(bitPattern: flags)) }
  }

  /// Bytes that the accesses of one check take at most.
  static let longest: UInt64 = 1024
  /// Pages on each side of the stack pointer's that are looked at.
  private static let pagesAround = 4

  /// `memory` outlives the range.
  init(_ bank: RegisterBank, _ memory: Memory) {
    self.bank = bank
    space = .passUnretained(memory.space)
    flags = UnsafePointer(memory.space.flags)
    unit = memory.wordSize == .bits64 ? 8 : 4
    clear()
  }

  /// Makes the range empty: no check passes.
  mutating func clear() {
    pageCount = 0
    bank[RegisterBank.stackSize] = 0
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

  /// Makes the range one that has `count` bytes from an address on, if there is one.
  ///
  /// - Parameters:
  ///   - address: as registers hold it.
  ///   - count: a multiple of the unit, at most ``longest``.
  /// - Returns: whether the check for these bytes holds from here on.
  mutating func cover(_ address: UInt64, _ count: UInt64) -> Bool {
    space._withUnsafeGuaranteedRef { cover(address, count, in: $0) }
  }

  private mutating func cover(_ address: UInt64, _ count: UInt64, in space: GuestSpace) -> Bool {
    let isFlat = address & space.outside == 0
    func isWritable(_ page: UInt64) -> Bool {
      let start = page << 12
      let isOfPart =
        isFlat ? start & space.outside == 0 : start &- space.windowStart < space.windowSize
      return isOfPart && space.place(ofPage: page)?.flags == .directlyWritable
    }
    var first = address >> 12
    var last = (address &+ count &- 1) >> 12
    guard address & (unit - 1) == 0, isWritable(first), isWritable(last) else { return false }
    for _ in 0..<Self.pagesAround where first > 0 && isWritable(first - 1) { first -= 1 }
    for _ in 0..<Self.pagesAround where isWritable(last + 1) { last += 1 }
    // A check compares the last unit of its bytes; the others are less than `longest` below.
    let start = first << 12 + Self.longest
    let top = address &+ count &- unit
    guard top >= start else { return false }
    firstPage = first
    pageCount = last + 1 - first
    bank[RegisterBank.stackStart] = start
    bank[RegisterBank.stackSize] = (((last + 1) << 12) - start) / unit
    if isFlat {
      flags = UnsafePointer(space.flags + Int(first))
      bank[RegisterBank.stackBase] = UInt64(UInt(bitPattern: space.base))
    } else {
      guard let flags = UnsafePointer<UInt8>(bitPattern: space.windowFlags &+ UInt(first)) else {
        return false
      }
      self.flags = flags
      bank[RegisterBank.stackBase] = UInt64(space.windowBase)
    }
    return true
  }
}

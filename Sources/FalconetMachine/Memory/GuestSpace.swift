import FalconetLibc

/// Reserved host address space that guest pages lie in at fixed places, so that a guest access is a
/// test, an addition and a load.
///
/// The *flat* part covers the addresses that guests use: of a 32-bit machine's the lower half, which
/// are the same whether an engine sign-extends them or not; of a 64-bit machine's the first TiB
/// (program, Go heap) and the TiB at 2^44 (where `mmap` gives memory from).
/// Both lie at the same distance from their guest addresses, with the gap between them left to other
/// machines, so some 55 machines fit into one process. The *window* covers the 16 MiB that end at 2^47,
/// where the stack is. All other pages are ``FarPages``.
///
/// Behind each part is a *margin*, whose pages lie at the same distance: if a register holds a flat address, the
/// addresses up to an instruction's largest displacement above it are in the part or in its margin.
///
/// If the system refuses the reservation, the flat part is page 0 alone and the window is empty:
/// all else is far, and nothing else changes.
///
/// Safety: `base + address` is inside a mapping of this object for every address that is flat or in a margin, and
/// `windowBase + address` for every address in the window; the same holds for the flags at a page's
/// index. Both are made by wrapping arithmetic, and are used for such addresses only.
final class GuestSpace {
  /// An address is flat if it has none of these bits.
  let outside: UInt64
  let base: UnsafeMutableRawPointer
  let flags: UnsafeMutablePointer<UInt8>
  /// Bytes of each margin; 0 if there is none.
  let margin: UInt64
  /// An address in a margin has these bits of the mask.
  private let marginStart: UInt64
  private let marginMask: UInt64

  /// The lowest address of the window, and its size, 0 if there is none.
  let windowStart: UInt64
  let windowSize: UInt64
  /// What is added to a window address to get the host's.
  let windowBase: UInt
  /// What is added to the index of a window page to get the address of its flags.
  let windowFlags: UInt

  private static let pagesAtOnce: UInt64 = 16
  /// Whether the system has backed pages ahead each time that it was asked to.
  private(set) var populates: Bool
  private let mappings: [HostMapping]
  private let ownPage: UnsafeMutableRawPointer?

  static func make(_ wordSize: WordSize) -> GuestSpace {
    if isWatched { return GuestSpace() }
    return (wordSize == .bits32 ? reserve32() : reserve64()) ?? GuestSpace()
  }

  /// Whether a tool keeps records of all memory, for which the reservation is too large. Valgrind takes
  /// gigabytes for them, and shows itself by what it has the process load. The thread sanitizer ends
  /// the process, and is part of the program.
  private static let isWatched: Bool = {
    if dlsym(nil, "__tsan_init") != nil { return true }
    guard let preloaded = getenv("LD_PRELOAD") else { return false }
    return strstr(preloaded, "vgpreload") != nil
  }()

  private init(
    outside: UInt64, base: UnsafeMutableRawPointer, flags: HostMapping, window: HostMapping?,
    windowFlags: HostMapping?, others: [HostMapping]
  ) {
    self.outside = outside
    self.base = base
    margin = UInt64(Self.marginBytes)
    // The lowest of the bits is where the first part ends.
    marginStart = outside & (0 &- outside)
    marginMask = (outside | (marginStart - 1)) & ~(margin - 1)
    self.flags = flags.start.assumingMemoryBound(to: UInt8.self)
    if let window, let windowFlags {
      windowStart = Self.windowEnd - UInt64(window.count)
      windowSize = UInt64(window.count)
      windowBase = UInt(bitPattern: window.start) &- UInt(windowStart)
      self.windowFlags = UInt(bitPattern: windowFlags.start) &- UInt(windowStart >> 12)
    } else {
      (windowStart, windowSize, windowBase, self.windowFlags) = (0, 0, 0, 0)
    }
    populates = true
    mappings = others + [flags] + [window, windowFlags].compactMap { $0 }
    ownPage = nil
  }

  /// A space without a reservation: only page 0 is flat.
  init() {
    outside = ~0xFFF
    (margin, marginStart, marginMask) = (0, 1, 0)
    let page = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 4096)
    page.initializeMemory(as: UInt8.self, repeating: 0, count: 8192)
    base = page
    flags = (page + 4096).assumingMemoryBound(to: UInt8.self)
    (windowStart, windowSize, windowBase, windowFlags) = (0, 0, 0, 0)
    populates = false
    mappings = []
    ownPage = page
  }

  deinit { ownPage?.deallocate() }

  /// Whether the system granted the reservation.
  var isReserved: Bool { ownPage == nil }

  private static let windowEnd: UInt64 = 1 << 47
  private static let partBits = 40
  private static let heapBit = 44
  /// The largest displacement of a load or store, and the bytes accessed there.
  private static let marginBytes = 1 << 15
  /// From where a part ends to where that of the next machine begins. Parts are aligned to it.
  private static let spacing = 1 << 30

  private static func reserve32() -> GuestSpace? {
    guard let all = HostMapping(count: 1 << 31 + marginBytes),
      let flags = HostMapping(count: (1 << 31 + marginBytes) >> 12)
    else { return nil }
    return GuestSpace(
      outside: ~0x7FFF_FFFF, base: all.start, flags: flags, window: nil, windowFlags: nil,
      others: [all])
  }

  private static func reserve64() -> GuestSpace? {
    let size = 1 << partBits
    let whole = size + marginBytes
    // Flags of both parts at the distance that the parts have.
    guard let flags = HostMapping(count: 1 << (heapBit - 12) + whole >> 12),
      let window = HostMapping(count: 1 << 24), let windowFlags = HostMapping(count: 1 << 12)
    else { return nil }
    // The first bit pattern is no place to map at: it is where null pointers point to.
    // Low parts of 15 machines, their high parts, and so on.
    for slot in 1..<UInt(60) {
      let place = (slot / 15) << UInt(heapBit + 1) + (slot % 15) * UInt(size + spacing)
      guard let low = HostMapping(count: whole, at: place) else { continue }
      guard let high = HostMapping(count: whole, at: place + (1 << UInt(heapBit))) else { continue }
      return GuestSpace(
        outside: ~(UInt64(size - 1) | 1 << UInt64(heapBit)), base: low.start, flags: flags,
        window: window, windowFlags: windowFlags, others: [low, high])
    }
    return nil
  }

  /// The place of a page that is flat or in the window, nil for a far one.
  @inline(__always)
  func place(ofPage index: UInt64) -> PagePlace? {
    let address = index << 12
    return address & outside == 0 ? flatPlace(ofPage: index) : placeBeside(index)
  }

  @inline(__always)
  private func flatPlace(ofPage index: UInt64) -> PagePlace {
    PagePlace(
      bytes: base + Int(truncatingIfNeeded: index << 12),
      flags: flags + Int(truncatingIfNeeded: index))
  }

  private func placeBeside(_ index: UInt64) -> PagePlace? {
    index << 12 & marginMask == marginStart
      ? flatPlace(ofPage: index) : windowPlace(ofPage: index)
  }

  /// Has the system back the 64 KiB that begin with a page, if that is cheaper than a fault for each of their pages:
  /// if the page is at their start, and all of the 64 KiB before them exist, so that the guest is likely to go on upwards.
  /// Whatever a guest does, no more than twice its pages are backed.
  func populate(fromPage index: UInt64) {
    guard populates, index & (Self.pagesAtOnce - 1) == 0, index >= Self.pagesAtOnce,
      (index | (index - Self.pagesAtOnce)) << 12 & outside == 0
    else { return }
    let (first, count) = (Int(truncatingIfNeeded: index), Int(Self.pagesAtOnce))
    for page in first - count..<first
    where !PageFlags(rawValue: flags[page]).contains(.exists) { return }
    // An older kernel doesn't know the advice, and no other failure is better tried again.
    populates = HostMapping.populate(base + first << 12, count: count << 12)
  }

  /// Whether an address is in the window.
  @inline(__always)
  func isInWindow(_ address: UInt64) -> Bool { address &- windowStart < windowSize }

  private func windowPlace(ofPage index: UInt64) -> PagePlace? {
    let address = index << 12
    guard isInWindow(address),
      let bytes = UnsafeMutableRawPointer(bitPattern: windowBase &+ UInt(address)),
      let flags = UnsafeMutablePointer<UInt8>(bitPattern: windowFlags &+ UInt(index))
    else { return nil }
    return PagePlace(bytes: bytes, flags: flags)
  }
}

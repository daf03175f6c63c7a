/// Pages at addresses that no reserved host memory covers: found by their index in a dictionary, with
/// a direct-mapped cache in front.
///
/// Safety: the cache has a power of two of entries and indices are masked to it; places point into
/// the arena, whose pages live as long as this object.
final class FarPages {
  private struct Entry {
    var index: UInt64
    var place: PagePlace
  }

  private static let cacheCount = 1024
  /// No page has this index, since an index has at most 52 bits.
  private static let noPage = UInt64.max

  private let arena = PageArena()
  private var places: [UInt64: PagePlace] = [:]
  private var cache: UnsafeMutablePointer<Entry>?

  deinit { cache?.deallocate() }

  /// The place of a page, or nil if it doesn't exist.
  func place(ofPage index: UInt64) -> PagePlace? {
    guard let cache else { return nil }
    let entry = cache + Int(truncatingIfNeeded: index & UInt64(Self.cacheCount - 1))
    if entry.pointee.index == index { return entry.pointee.place }
    guard let place = places[index] else { return nil }
    entry.pointee = Entry(index: index, place: place)
    return place
  }

  /// The place of a page, made if it doesn't exist; nil if the host has no memory left.
  func place(makingPage index: UInt64) -> PagePlace? {
    if let place = place(ofPage: index) { return place }
    guard let place = arena.allocate() else { return nil }
    if cache == nil {
      let entries = UnsafeMutablePointer<Entry>.allocate(capacity: Self.cacheCount)
      entries.initialize(
        repeating: Entry(index: Self.noPage, place: place), count: Self.cacheCount)
      cache = entries
    }
    places[index] = place
    return place
  }
}

/// The host memory that far pages live in.
///
/// Pages are handed out zeroed from regions of 1 MiB that the system backs only once they are
/// touched, and live until the arena does, so a page's address is stable.
///
/// Safety: each page is handed out once, 4096-aligned and of 4096 bytes, with a flag byte of its
/// own behind the region's pages; regions live as long as the arena.
final class PageArena {
  private static let regionPages = 256
  private var regions: [HostMapping] = []
  private var used = regionPages

  /// A zeroed page with no flags, or nil if the host has no memory left.
  func allocate() -> PagePlace? {
    if used == Self.regionPages {
      guard let region = HostMapping(count: Self.regionPages << 12 + 4096) else { return nil }
      regions.append(region)
      used = 0
    }
    defer { used += 1 }
    let region = regions[regions.count - 1].start
    return PagePlace(
      bytes: region + used << 12,
      flags: (region + Self.regionPages << 12 + used).assumingMemoryBound(to: UInt8.self))
  }
}

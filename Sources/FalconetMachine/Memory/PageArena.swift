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

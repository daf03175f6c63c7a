import Glibc

/// The host has no memory left for another page of the guest's.
public struct HostMemoryError: Error, Sendable, CustomStringConvertible {
  /// The guest address that the page was for.
  public var address: UInt64
  /// Pages that the guest had by then.
  public var pageCount: Int

  public var description: String {
    "no host memory for another guest page (address \(hex(address)), \(pageCount) pages so far):"
      + " raise the limit of the process or use a machine with more memory"
  }
}

/// The host memory that guest pages live in.
///
/// Pages are handed out zeroed from regions of 1 MiB that the system backs only once they are
/// touched, and live until the arena does, so a page's address is stable.
///
/// Soundness: each page is handed out once, 4096-aligned and of 4096 bytes; regions are unmapped only
/// in `deinit`, and every pointer to a page is kept inside the `Memory` that owns the arena.
final class PageArena {
  private static let regionPages = 256
  private var regions: [UnsafeMutableRawPointer] = []
  private var used = regionPages

  /// A zeroed page, or nil where the host has no memory left.
  func allocate() -> UnsafeMutableRawPointer? {
    if used == Self.regionPages {
      let region = mmap(
        nil, Self.regionPages << 12, PROT_READ | PROT_WRITE,
        Int32(MAP_PRIVATE | MAP_ANONYMOUS), -1, 0)
      guard let region, region != MAP_FAILED else { return nil }
      regions.append(region)
      used = 0
    }
    defer { used += 1 }
    return regions[regions.count - 1] + used << 12
  }

  deinit {
    for region in regions { munmap(region, Self.regionPages << 12) }
  }
}

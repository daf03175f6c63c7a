import FalconetLibc

/// Host address space that a memory holds: zero until written, backed by the system page by page.
///
/// Safety: the mapping is private to this object, which unmaps it, all of it and once, when it
/// goes; owners hand out pointers into it only while they hold it.
final class HostMapping {
  let start: UnsafeMutableRawPointer
  let count: Int
  /// MADV_POPULATE_WRITE of Linux 5.14, which headers may lack.
  private static let populateForWriting: Int32 = 23

  /// Maps `count` bytes, at `address` if one is given and nothing else is mapped there. Nil if
  /// the system refuses.
  init?(count: Int, at address: UInt? = nil) {
    var flags = Int32(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
    // A kernel that doesn't know the flag takes the address as a hint: the result is compared.
    #if os(Linux)
      if address != nil { flags |= Int32(MAP_FIXED_NOREPLACE) }
    #endif
    let wanted = address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
    let start = mmap(wanted, count, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let start, start != MAP_FAILED else { return nil }
    guard wanted == nil || start == wanted else {
      munmap(start, count)
      return nil
    }
    // Large host pages would make a guest with few scattered pages large.
    #if os(Linux)
      madvise(start, count, MADV_NOHUGEPAGE)
    #endif
    self.start = start
    self.count = count
  }

  deinit { munmap(start, count) }

  /// Has the system back some bytes of a mapping for writing, at less than a fault for each page costs.
  ///
  /// - Returns: false if it doesn't.
  static func populate(_ start: UnsafeMutableRawPointer, count: Int) -> Bool {
    #if os(Linux)
      madvise(start, count, populateForWriting) == 0
    #else
      false
    #endif
  }
}

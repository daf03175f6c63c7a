import FalconetLibc

/// The host's memory.
package enum HostMemory {
  /// Bytes of physical memory, at least 1 GiB.
  package static let size: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let bytes = sysconf(Int32(_SC_PAGESIZE))
    return max(pages > 0 && bytes > 0 ? pages * bytes : 0, 1 << 30)
  }()
}

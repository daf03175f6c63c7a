import Synchronization

private let defaultLimit = Atomic<Int>(.max)

extension Memory {
  /// The ``pageLimit`` of memories that are made from now on, those of snapshots and ELF files that are
  /// loaded too. No limit unless set.
  package static var defaultPageLimit: Int {
    get { defaultLimit.load(ordering: .relaxed) }
    set { defaultLimit.store(max(newValue, 1), ordering: .relaxed) }
  }

  /// Whether a page that does not exist may be made. Asked at a page's first write alone, never at a
  /// store to one that exists.
  @inline(__always)
  func mayMake(_ index: UInt64) -> Bool { pageCount < pageLimit || hasPage(index) }

  /// Why a page could not be made.
  func noPage(_ address: UInt64) -> HostMemoryError {
    HostMemoryError(
      address: address, pageCount: pageCount, limit: pageCount < pageLimit ? nil : pageLimit)
  }
}

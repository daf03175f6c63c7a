extension Memory {
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

/// There is no memory for another page of the guest's: the host has none left, or the guest may have
/// no more.
package struct HostMemoryError: Error, Sendable, CustomStringConvertible {
  /// The guest address that the page was for.
  package var address: UInt64
  /// Pages that the guest had by then.
  package var pageCount: Int
  /// The pages that the guest may have, if that is the reason: ``Memory/pageLimit``.
  package var limit: Int?

  package var description: String {
    guard let limit else {
      return
        "no host memory for another guest page (address \(hex(address)), \(pageCount) pages so far):"
        + " raise the limit of the process or use a machine with more memory"
    }
    return "the guest needs another page (address \(hex(address))), and has the \(limit) pages"
      + " (\(UInt64(limit) * 4096) bytes) that it may have"
  }
}

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

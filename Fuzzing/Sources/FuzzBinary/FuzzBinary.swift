import FuzzSupport

private let checks = SnapshotChecks(of: .bin)

/// Cannon's binary snapshots.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checks.run(bytes(data, count))
  return 0
}

import FuzzSupport

private let checks = SnapshotChecks(of: .pr7559)

/// Snapshots in the binary format that was proposed first.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checks.run(bytes(data, count))
  return 0
}

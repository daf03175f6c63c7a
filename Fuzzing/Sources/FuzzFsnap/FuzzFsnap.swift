import FuzzSupport

private let checks = FsnapChecks()

/// `.fsnap` files as they are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  checks.run(bytes(data, count))
  return 0
}

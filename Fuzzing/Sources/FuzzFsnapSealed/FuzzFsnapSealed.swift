import FuzzSupport

private let checks = FsnapChecks()

/// `.fsnap` files that lie behind correct checksums.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var file = bytes(data, count)
  FsnapSeal.seal(&file)
  checks.run(file)
  return 0
}

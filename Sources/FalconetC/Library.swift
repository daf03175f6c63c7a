// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetLibc
import FalconetMachine

/// The version as a string that lives as long as the process.
///
/// Safety: never written after it is made, never freed.
private struct VersionText: @unchecked Sendable {
  static let shared = VersionText()
  let start: UnsafePointer<CChar>?

  private init() { start = UnsafePointer(strdup(Release.version)) }
}

@c @implementation
public func falconet_abi_version() -> UInt32 { UInt32(FALCONET_ABI_VERSION) }

@c @implementation
public func falconet_version() -> UnsafePointer<CChar>? { VersionText.shared.start }

import CISAL

/// The CRC-32 of gzip, zlib and PNG (reflected polynomial 0xEDB88320, RFC 1952 section 8).
///
/// Safety: the C function reads `bytes.count` bytes and keeps no pointer.
package struct CRC32: Sendable, Equatable {
  /// The checksum of all bytes added so far; 0 for none.
  package private(set) var value: UInt32 = 0

  /// The checksum of no bytes.
  package init() {}

  /// The checksum of `bytes`.
  package init(_ bytes: UnsafeRawBufferPointer) { add(bytes) }

  /// Adds `bytes`. Runs at the speed of memory.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    // Sound: the C function reads `bytes.count` bytes from `base` and keeps no pointer.
    let pointer = base.assumingMemoryBound(to: UInt8.self)
    value = crc32_gzip_refl(value, pointer, UInt64(bytes.count))
  }

  /// Adds `bytes`.
  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }
}

/// The CRC-32 of iSCSI (reflected polynomial 0x82F63B78, RFC 3720 appendix B.4), which databases use.
///
/// Safety: as ``CRC32``.
package enum CRC32C {
  /// The checksum of `bytes`, at most 2 GiB.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress else { return 0 }
    // Sound: the C function reads `bytes.count` bytes from `base`, and keeps no pointer. Its type lacks
    // the const.
    let pointer = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
    return ~crc32_iscsi(pointer, Int32(bytes.count), ~0)
  }
}

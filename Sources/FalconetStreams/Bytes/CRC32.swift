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

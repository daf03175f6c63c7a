import Keccak

/// Bytes of hints that the guest wrote and that are not a whole hint yet.
///
/// A hint's length has 4 bytes, so there are fewer than 2^32 + 3 of them. Few are held in memory, many
/// in a temporary file without a name, where zeros take no room.
package struct PendingHint: Sendable, Equatable, ExpressibleByArrayLiteral {
  /// Bytes that are held in memory at most, if they are not given as an array.
  static let memoryLimit = 16 << 20
  /// Bytes that are moved at a time.
  package static let partSize = 1 << 20

  private var memory: [UInt8] = []
  /// Where all of the bytes are if they are not in memory, and at which of its bytes they begin.
  private var spool: HintSpool?
  private var start = 0
  /// The number of bytes.
  package private(set) var count = 0

  /// No bytes.
  package init() {}

  /// These bytes, in memory.
  package init(_ bytes: [UInt8]) {
    memory = bytes
    count = bytes.count
  }

  package init(arrayLiteral elements: UInt8...) { self.init(elements) }

  package var isEmpty: Bool { count == 0 }

  /// Fills `buffer` from an offset on.
  ///
  /// - Precondition: there are as many bytes.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(HintStorageError) {
    if let spool { return try spool.read(into: buffer, at: start + offset) }
    memory.withUnsafeBytes {
      buffer.copyMemory(from: .init(rebasing: $0[offset...].prefix(buffer.count)))
    }
  }

  /// The bytes of a range.
  ///
  /// - Precondition: there are as many.
  package func bytes(_ range: Range<Int>) throws(HintStorageError) -> [UInt8] {
    if spool == nil { return Array(memory[range]) }
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBufferPointer { (bytes) throws(HintStorageError) in
      try read(into: UnsafeMutableRawBufferPointer(bytes), at: range.lowerBound)
    }
    return bytes
  }

  /// Adds bytes.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(HintStorageError) {
    if spool == nil, count + bytes.count <= Self.memoryLimit {
      memory.append(contentsOf: bytes)
    } else {
      let spool = try ownSpool()
      _ = try spool.append(bytes, behind: start + count)
    }
    count += bytes.count
  }

  /// Adds zeros, which take no room in a file.
  package mutating func appendZeros(_ added: Int) throws(HintStorageError) {
    if spool == nil, count + added <= Self.memoryLimit {
      memory.append(contentsOf: repeatElement(0, count: added))
    } else {
      let spool = try ownSpool()
      _ = spool.appendZeros(added, behind: start + count)
    }
    count += added
  }

  /// Adds bytes.
  package mutating func append(_ bytes: [UInt8]) throws(HintStorageError) {
    // Not `withUnsafeBytes`, which throws any error.
    try bytes.withUnsafeBufferPointer { (bytes) throws(HintStorageError) in
      try append(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Adds the bytes of another hint.
  package mutating func append(_ other: PendingHint) throws(HintStorageError) {
    for start in stride(from: 0, to: other.count, by: Self.partSize) {
      try append(other.bytes(start..<min(start + Self.partSize, other.count)))
    }
  }

  /// The file, with nothing behind the bytes of this value.
  private mutating func ownSpool() throws(HintStorageError) -> HintSpool {
    if let spool, spool.appendZeros(0, behind: start + count) { return spool }
    let copy = try HintSpool()
    var offset = 0
    while offset < count {
      let part = try bytes(offset..<min(offset + Self.partSize, count))
      let isZero = part.allSatisfy { $0 == 0 }
      if isZero {
        _ = copy.appendZeros(part.count, behind: offset)
      } else {
        try part.withUnsafeBufferPointer { (part) throws(HintStorageError) in
          _ = try copy.append(UnsafeRawBufferPointer(part), behind: offset)
        }
      }
      offset += part.count
    }
    (spool, start, memory) = (copy, 0, [])
    return copy
  }

  /// A hash that tells bytes apart, of parts of 1 MiB; nil if they can't be read again.
  package var digest: Bytes32? {
    var digest = Bytes32()
    for start in stride(from: 0, to: count, by: Self.partSize) {
      guard let part = try? bytes(start..<min(start + Self.partSize, count)) else { return nil }
      digest = Keccak256.hash(digest.bytes + part)
    }
    return digest
  }

  /// Whether the bytes are the same. Bytes that can't be read again are not.
  package static func == (left: PendingHint, right: PendingHint) -> Bool {
    guard left.count == right.count else { return false }
    if let spool = left.spool, spool === right.spool, left.start == right.start { return true }
    if left.spool == nil, right.spool == nil { return left.memory == right.memory }
    var offset = 0
    while offset < left.count {
      let range = offset..<min(offset + partSize, left.count)
      guard let mine = try? left.bytes(range), let other = try? right.bytes(range), mine == other
      else { return false }
      offset = range.upperBound
    }
    return true
  }
}

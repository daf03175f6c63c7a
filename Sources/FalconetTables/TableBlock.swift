/// Where a block is in its file.
struct BlockHandle: Equatable {
  var offset: UInt64
  var size: UInt64

  init(offset: UInt64, size: UInt64) {
    self.offset = offset
    self.size = size
  }

  init?(_ cursor: inout ByteCursor) {
    guard let offset = cursor.variable(), let size = cursor.variable() else { return nil }
    self.init(offset: offset, size: size)
  }
}

/// The entries of a block, in order: each has the bytes of its key that differ from those of the key
/// before, and its value.
struct TableBlock {
  private let entries: ArraySlice<UInt8>

  /// Bits beside the number of restarts.
  private static let hasHashes: UInt32 = 1 << 31
  private static let isUniform: UInt32 = 1 << 29
  private static let mostRestarts: UInt32 = 1 << 28 - 1

  init(_ bytes: [UInt8]) throws(TableFault) {
    var end = bytes.count - 4
    var footer = ByteCursor(bytes.suffix(4))
    guard end >= 0, let packed = footer.fixed32() else { throw Self.corrupt }
    let restarts = packed & ~(Self.hasHashes | Self.isUniform)
    guard restarts <= Self.mostRestarts else {
      throw TableFault("has a block in a form that a later release writes")
    }
    if packed & Self.hasHashes != 0 {
      guard end >= 2 else { throw Self.corrupt }
      end -= 2 + (Int(bytes[end - 2]) | Int(bytes[end - 1]) << 8)
    }
    end -= 4 * Int(restarts)
    guard end >= 0 else { throw Self.corrupt }
    entries = bytes[..<end]
  }

  /// Calls `body` with each key and value.
  func read(
    _ body: ([UInt8], ArraySlice<UInt8>) throws(TableFault) -> Void
  ) throws(TableFault) {
    var cursor = ByteCursor(entries)
    var key: [UInt8] = []
    while !cursor.rest.isEmpty {
      guard let shared = cursor.variable(), let own = cursor.variable(),
        let length = cursor.variable(), shared <= UInt64(key.count),
        let suffix = cursor.bytes(Int(clamping: own)),
        let value = cursor.bytes(Int(clamping: length))
      else { throw Self.corrupt }
      key.replaceSubrange(Int(shared)..., with: suffix)
      try body(key, value)
    }
  }

  /// The handles of an index.
  ///
  /// - Parameter isDeltaEncoded: whether a handle that follows another has only the difference of their
  ///   sizes, and no number of bytes before it.
  func handles(isDeltaEncoded: Bool) throws(TableFault) -> [BlockHandle] {
    var handles: [BlockHandle] = []
    guard isDeltaEncoded else {
      try read { (_, value) throws(TableFault) in
        var value = ByteCursor(value)
        guard let handle = BlockHandle(&value) else { throw Self.corrupt }
        handles.append(handle)
      }
      return handles
    }
    var cursor = ByteCursor(entries)
    while !cursor.rest.isEmpty {
      guard let shared = cursor.variable(), let own = cursor.variable(),
        cursor.bytes(Int(clamping: own)) != nil
      else { throw Self.corrupt }
      if shared == 0 {
        guard let handle = BlockHandle(&cursor) else { throw Self.corrupt }
        handles.append(handle)
      } else {
        guard let last = handles.last, let zigzag = cursor.variable() else { throw Self.corrupt }
        let difference = Int64(bitPattern: zigzag >> 1) ^ -Int64(zigzag & 1)
        handles.append(
          BlockHandle(
            offset: last.offset &+ last.size &+ UInt64(TableFile.trailerSize),
            size: last.size &+ UInt64(bitPattern: difference)))
      }
    }
    return handles
  }

  private static var corrupt: TableFault { TableFault("has a corrupt block") }
}

import FalconetStreams
import FalconetSystem
import SystemPackage

/// A block-based table of RocksDB, versions 2 to 7, whose blocks are as they are or compressed with snappy or
/// zstd. Pebble writes version 2 if it is not told otherwise.
struct TableFile {
  /// Bytes after a block: its compression, and a checksum.
  static let trailerSize = 5
  private static let footerSize = 53
  /// The most bytes of a block, in the file and decompressed: a pre-image may have 64 MiB.
  private static let longestBlock = 80 << 20

  private let file: PositionalFile
  private let footer: Footer
  private let index: BlockHandle
  private let properties: Properties

  init(_ path: FilePath) throws(TableFault) {
    file = try DatabaseFile.open(path)
    footer = try Footer(file)
    let metadata = try Self.block(footer.metadata, file, footer)
    var places: [String: BlockHandle] = [:]
    try TableBlock(metadata).read { (name, value) throws(TableFault) in
      var value = ByteCursor(value)
      places[String(decoding: name, as: UTF8.self)] = BlockHandle(&value)
    }
    guard let index = footer.index ?? places["rocksdb.index"] else {
      throw TableFault("is a table without an index")
    }
    self.index = index
    guard let place = places["rocksdb.properties"] else {
      throw TableFault("is a table without properties")
    }
    properties = try Properties(TableBlock(Self.block(place, file, footer)))
    if footer.version >= 7, let name = properties.compression,
      !name.hasPrefix("BuiltinV2"), !name.isEmpty
    {
      throw TableFault("has blocks compressed by \"\(name)\", which is not known")
    }
    guard places["rocksdb.compression_dict"] == nil else {
      throw TableFault("has blocks compressed with a dictionary, which is not supported")
    }
  }

  /// Calls `body` with each key and value, until it returns false.
  func read(
    _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) throws(TableFault) {
    var handles = try handles(in: index)
    if properties.hasTwoLevels {
      var inner: [BlockHandle] = []
      for handle in handles { inner += try self.handles(in: handle) }
      handles = inner
    }
    var count: UInt64 = 0
    var goesOn = true
    /// Bytes of the file that blocks have not taken: they do not overlap.
    var rest = file.size
    for handle in handles where goesOn {
      guard handle.size < rest else { throw TableFault("has blocks that overlap") }
      rest -= handle.size
      try TableBlock(Self.block(handle, file, footer)).read { (key, value) throws(TableFault) in
        count += 1
        // A number that orders writes, and what was done, follow the key.
        guard key.count >= 8 else { throw TableFault("has a key without its number") }
        switch key[key.count - 8] {
        case Operation.deletion, Operation.singleDeletion: break
        case Operation.value:
          if goesOn { goesOn = body(key.dropLast(8), value) }
        case let kind:
          throw TableFault("has an entry of kind \(kind), which hosts do not write")
        }
      }
    }
    if goesOn, let expected = properties.count, count != expected {
      throw TableFault("has \(expected) entries, of which \(count) were found")
    }
  }

  private func handles(in handle: BlockHandle) throws(TableFault) -> [BlockHandle] {
    try TableBlock(Self.block(handle, file, footer))
      .handles(isDeltaEncoded: properties.hasDeltaHandles)
  }

  // MARK: Blocks

  private static func block(
    _ handle: BlockHandle, _ file: PositionalFile, _ footer: Footer
  ) throws(TableFault) -> [UInt8] {
    guard handle.size <= UInt64(longestBlock), handle.offset <= file.size,
      handle.size + UInt64(trailerSize) <= file.size - handle.offset
    else { throw TableFault("has a block that lies outside of it or is too large") }
    let size = Int(handle.size)
    let bytes = try DatabaseFile.bytes(size + trailerSize, of: file, at: handle.offset)
    var trailer = ByteCursor(bytes[(size + 1)...])
    let expected = trailer.fixed32() ?? 0
    guard
      footer.checksum == .none
        || footer.checksum.of(bytes[...size]) &+ footer.modifier(at: handle.offset) == expected
    else { throw TableFault("has a block with a wrong checksum at offset \(handle.offset)") }
    switch bytes[size] {
    case 0: return Array(bytes[..<size])
    case 1:
      guard let block = Snappy.decompress(bytes[..<size], limit: longestBlock) else {
        throw TableFault("has corrupt snappy data at offset \(handle.offset)")
      }
      return block
    case 7:
      var content = ByteCursor(bytes[..<size])
      guard let count = content.variable(), count <= UInt64(longestBlock) else {
        throw TableFault("has corrupt zstd data at offset \(handle.offset)")
      }
      do throws(StreamError) {
        return try Zstd.decompress(Array(content.rest), exactly: Int(count))
      } catch { throw TableFault("has corrupt zstd data at offset \(handle.offset): \(error)") }
    case let kind:
      let names: [UInt8: String] = [2: "zlib", 3: "bzip2", 4: "lz4", 5: "lz4hc", 6: "xpress"]
      throw TableFault(
        "has blocks compressed with \(names[kind] ?? "method \(kind)"), which is not supported; "
          + "hosts use snappy")
    }
  }

  // MARK: Footer and properties

  /// The last bytes of a table.
  private struct Footer {
    let version: UInt32
    let checksum: TableChecksum
    /// What the checksums of blocks depend on besides their bytes; 0 before version 6.
    private var context: UInt32 = 0
    let metadata: BlockHandle
    /// Nil if the metadata has it.
    var index: BlockHandle?

    init(_ file: PositionalFile) throws(TableFault) {
      guard file.size >= UInt64(footerSize) else { throw TableFault("is too short for a table") }
      let start = file.size - UInt64(footerSize)
      let bytes = try DatabaseFile.bytes(footerSize, of: file, at: start)
      var end = ByteCursor(bytes.suffix(12))
      guard let version = end.fixed32(), let magic = end.fixed64() else { throw Self.corrupt }
      switch magic {
      case 0x88E2_41B7_85F4_CFF7: break
      case 0xB3AA_9FF0_B3AA_9FF0:
        throw TableFault("is a table in pebble's own format \(version), which is not supported")
      case 0xDB47_7524_8B80_FB57:
        throw TableFault(
          "is a table of LevelDB or of RocksDB's format version 0, "
            + "which are not supported")
      default: throw TableFault("is no table, or was not completed")
      }
      guard (2...7).contains(version) else {
        throw TableFault(
          "is a table of RocksDB's format version \(version); versions 2 to 7 are supported")
      }
      guard let checksum = TableChecksum(rawValue: bytes[0]) else {
        throw TableFault("has checksums of kind \(bytes[0]), which are not known")
      }
      self.version = version
      self.checksum = checksum
      var middle = ByteCursor(bytes[1..<41])
      guard version >= 6 else {
        guard let metadata = BlockHandle(&middle), let index = BlockHandle(&middle) else {
          throw Self.corrupt
        }
        self.metadata = metadata
        self.index = index
        return
      }
      guard middle.fixed32() == 0x007A_003E, let expected = middle.fixed32(),
        let context = middle.fixed32(), let size = middle.fixed32(),
        UInt64(size) + UInt64(trailerSize) <= start
      else { throw Self.corrupt }
      self.context = context
      metadata = BlockHandle(
        offset: start - UInt64(trailerSize) - UInt64(size), size: UInt64(size))
      var unsealed = bytes
      unsealed.replaceSubrange(5..<9, with: [0, 0, 0, 0])
      guard checksum == .none || checksum.of(unsealed[...]) &+ modifier(at: start) == expected
      else { throw TableFault("has a footer with a wrong checksum") }
      guard bytes[33..<41].allSatisfy({ $0 == 0 }) else {
        throw TableFault("is a table of a later release of RocksDB")
      }
    }

    /// What is added to the checksum of a block at an offset.
    func modifier(at offset: UInt64) -> UInt32 {
      guard context != 0 else { return 0 }
      return context
        ^ (UInt32(truncatingIfNeeded: offset) &+ UInt32(truncatingIfNeeded: offset >> 32))
    }

    private static var corrupt: TableFault { TableFault("has a corrupt footer") }
  }

  private struct Properties {
    private var entries: UInt64?
    /// Deletions of ranges, which are entries too, and in a block of their own.
    private var rangeDeletions: UInt64 = 0
    private(set) var hasTwoLevels = false
    private(set) var hasDeltaHandles = false
    private(set) var compression: String?

    /// Entries of the blocks with data; nil if the table does not say it.
    var count: UInt64? { entries.map { $0 &- rangeDeletions } }

    init(_ block: TableBlock) throws(TableFault) {
      try block.read { (name, value) throws(TableFault) in
        var number = ByteCursor(value)
        switch String(decoding: name, as: UTF8.self) {
        case "rocksdb.num.entries": entries = number.variable()
        case "rocksdb.num.range-deletions": rangeDeletions = number.variable() ?? 0
        case "rocksdb.index.value.is.delta.encoded": hasDeltaHandles = number.variable() == 1
        case "rocksdb.compression": compression = String(decoding: value, as: UTF8.self)
        case "rocksdb.block.based.table.index.type":
          switch number.fixed32() {
          case 0, 1: break
          case 2: hasTwoLevels = true
          case let kind:
            throw TableFault(
              "has an index of kind \(kind.map(String.init) ?? "unknown"), which is not supported")
          }
        default: break
        }
      }
    }
  }
}

/// What is done with a key.
enum Operation {
  static let deletion: UInt8 = 0
  static let value: UInt8 = 1
  static let singleDeletion: UInt8 = 7
}

import FalconetSystem
import SystemPackage

/// A log of RocksDB or pebble: what was written and may not be in a table yet.
///
/// A process that was killed leaves a record unfinished, and a file that is used again has records of an
/// earlier log behind its own. Neither is a fault. A record that is corrupt is one if others of this log
/// follow, which are read.
struct LogFile {
  private static let blockSize = 32 << 10
  /// The most bytes of a record.
  private static let longest = 256 << 20

  private let file: PositionalFile
  /// The number in the file's name, of which records have the lower half.
  private let number: UInt64

  init(_ path: FilePath, number: UInt64) throws(TableFault) {
    file = try DatabaseFile.open(path)
    self.number = number
  }

  /// Calls `body` with the key and value of each write, until it returns false.
  func read(
    _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) throws(TableFault) {
    var fault: TableFault?
    var isBroken: UInt64?
    /// A record's parts so far.
    var record: [UInt8]?
    var offset: UInt64 = 0
    while offset < file.size {
      let block = try DatabaseFile.bytes(atMost: Self.blockSize, of: file, at: offset)
      var rest = block[...]
      blocks: while true {
        let place = offset + UInt64(rest.startIndex)
        switch try Fragment.next(&rest, log: number) {
        case .end: break blocks
        case .otherLog: if let fault { throw fault } else { return }
        case .corrupt:
          record = nil
          isBroken = isBroken ?? place
          break blocks
        case .fragment(let isFirst, let isLast, let bytes):
          if let place = isBroken {
            fault = fault ?? TableFault("has a corrupt record at offset \(place)")
            isBroken = nil
          }
          if isFirst {
            record = []
          } else if record == nil {
            // Its beginning was corrupt.
            continue blocks
          }
          guard record?.count ?? 0 <= Self.longest else {
            throw TableFault("has a record of more than \(Self.longest) bytes")
          }
          record? += bytes
          if isLast, let whole = record {
            record = nil
            guard try WriteBatch.read(whole, body) else { return }
          }
        }
      }
      offset += UInt64(Self.blockSize)
    }
    if let fault { throw fault }
  }
}

/// A part of a record, which lies in one block.
private enum Fragment {
  case fragment(isFirst: Bool, isLast: Bool, ArraySlice<UInt8>)
  /// The block has no more.
  case end
  /// What follows is of an earlier log.
  case otherLog
  case corrupt

  /// Takes the next part from the rest of a block.
  static func next(
    _ rest: inout ArraySlice<UInt8>, log: UInt64
  ) throws(TableFault) -> Fragment {
    while true {
      var header = ByteCursor(rest)
      guard let checksum = header.fixed32(), let low = header.byte(), let high = header.byte(),
        let type = header.byte()
      else { return .end }
      let length = Int(low) | Int(high) << 8
      // Room that was reserved.
      if type == 0, length == 0 { return .end }
      let isRecyclable = (5...8).contains(type) || type == 11 || type == 131
      let own = isRecyclable ? header.fixed32() : nil
      guard !isRecyclable || own != nil, let bytes = header.bytes(length),
        TableChecksum.maskedCRC32C(rest[rest.startIndex + 6..<bytes.endIndex]) == checksum
      else { return .corrupt }
      if let own, own != UInt32(truncatingIfNeeded: log) { return .otherLog }
      rest = header.rest
      switch type {
      case 1, 5: return .fragment(isFirst: true, isLast: true, bytes)
      case 2, 6: return .fragment(isFirst: true, isLast: false, bytes)
      case 3, 7: return .fragment(isFirst: false, isLast: false, bytes)
      case 4, 8: return .fragment(isFirst: false, isLast: true, bytes)
      case 9: throw TableFault("is a compressed log, which is not supported")
      // What readers may pass over.
      case 128...: continue
      default: throw TableFault("has a record of kind \(type), which hosts do not write")
      }
    }
  }
}

/// The writes that a record has.
private enum WriteBatch {
  /// - Returns: false if `body` did.
  static func read(
    _ record: [UInt8], _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) throws(TableFault) -> Bool {
    var cursor = ByteCursor(record[...])
    // The number of the first write, and how many there are.
    guard cursor.bytes(12) != nil else { throw TableFault("has a record that is too short") }
    while let kind = cursor.byte() {
      // The same for a column family other than the default one: its number comes first.
      if kind == 5 || kind == 4 || kind == 8 {
        guard cursor.variable() != nil else { throw corrupt }
      }
      switch kind {
      case Operation.value, 5:
        guard let key = cursor.string(), let value = cursor.string() else { throw corrupt }
        guard body(key, value) else { return false }
      // Deletions, and notes.
      case Operation.deletion, Operation.singleDeletion, 3, 4, 8:
        guard cursor.string() != nil else { throw corrupt }
      case 13: break
      default: throw TableFault("has a write of kind \(kind), which hosts do not write")
      }
    }
    return true
  }

  private static var corrupt: TableFault { TableFault("has a corrupt write") }
}

import FalconetStreams
import FalconetTables
import SystemPackage

/// The database of a host: a table whose checksums are not looked at, and a log whose records are the
/// input's, with checksums that are right.
///
/// The first byte says whether the input is a table, a log, or the records of a log.
struct DatabaseTarget: HostileInputCheck {
  private let folder: FuzzFolder

  init() throws {
    folder = try FuzzFolder()
    try folder.write([], to: "MANIFEST-000001")
  }

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let rest = Array(input.dropFirst())
    switch choice % 3 {
    case 0:
      var table = rest
      if table.count >= 53 { table[table.count - 53] = 0 }
      try folder.write(table, to: "000002.sst")
      try folder.write([], to: "000003.log")
    case 1:
      try folder.write([], to: "000002.sst")
      try folder.write(rest, to: "000003.log")
    default:
      try folder.write([], to: "000002.sst")
      try folder.write(DatabaseLog.sealed(rest), to: "000003.log")
    }
    guard let database = try HostDatabase(in: FilePath(folder.path)) else {
      try found("a database that is not found")
    }
    var bytes = 0
    let faults = database.read { key, value in
      bytes += key.count + value.count
      return bytes < 1 << 30
    }
    for fault in faults where fault.hasSuffix(" ") { try found("a fault without a text") }
  }

  func seeds() -> [FuzzSeed] {
    let batch =
      [UInt8](repeating: 0, count: 12) + [1, 2, 7, 8, 3, 1, 2, 3] + [5, 0, 1, 7, 0, 0, 1, 9]
    let table = Self.table
    return [
      FuzzSeed("table", [0] + table),
      FuzzSeed("version6", [0] + table.dropLast(12) + [6] + table.suffix(11)),
      FuzzSeed("log", [1] + DatabaseLog.sealed([1, UInt8(batch.count)] + batch)),
      FuzzSeed("record", [2, 1, UInt8(batch.count)] + batch),
      FuzzSeed(
        "parts", [2, 2, 14] + batch[..<14] + [3, 0] + [4, UInt8(batch.count - 14)] + batch[14...]),
    ]
  }

  /// A table of version 2 with two entries, of which one is compressed.
  private static var table: [UInt8] {
    var file: [UInt8] = []
    func append(_ block: [UInt8], compression: UInt8 = 0) -> [UInt8] {
      defer { file += block + [compression, 0, 0, 0, 0] }
      return [UInt8(file.count), UInt8(block.count)]
    }
    func block(_ entries: [([UInt8], [UInt8])]) -> [UInt8] {
      entries.flatMap { [0, UInt8($0.0.count), UInt8($0.1.count)] + $0.0 + $0.1 }
        + [0, 0, 0, 0, 1, 0, 0, 0]
    }
    let trailer: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 0]
    let first = append(block([([5] + trailer, [1, 2, 3])]))
    let plain = block([([6] + trailer, [4])])
    let second = append(
      [UInt8(plain.count), UInt8(plain.count - 1) << 2] + plain, compression: 1)
    let index = append(block([([5], first), ([6], second)]))
    let properties = append(block([(Array("rocksdb.num.entries".utf8), [2])]))
    let metadata = append(block([(Array("rocksdb.properties".utf8), properties)]))
    let handles = metadata + index
    return file + [0] + handles + [UInt8](repeating: 0, count: 40 - handles.count)
      + [2, 0, 0, 0, 0xF7, 0xCF, 0xF4, 0x85, 0xB7, 0x41, 0xE2, 0x88]
  }
}

/// Makes logs whose checksums are right.
private enum DatabaseLog {
  /// - Parameter records: for each its kind, the number of its bytes, and as many bytes as there are.
  static func sealed(_ records: [UInt8]) -> [UInt8] {
    var rest = records[...]
    var log: [UInt8] = []
    while let kind = rest.popFirst(), let count = rest.popFirst() {
      let bytes = rest.prefix(Int(count))
      rest = rest.dropFirst(bytes.count)
      let sum = ([kind] + bytes).withUnsafeBytes { CRC32C.of($0) }
      let masked = (sum >> 15 | sum << 17) &+ 0xA282_EAD8
      log += (0..<4).map { UInt8(truncatingIfNeeded: masked >> UInt32(8 * $0)) }
      // Kinds with a number have it among their bytes.
      let isNumbered = (5...8).contains(kind) || kind == 11 || kind == 131
      log += [UInt8(max(bytes.count - (isNumbered ? 4 : 0), 0)), 0, kind] + bytes
    }
    return log
  }
}

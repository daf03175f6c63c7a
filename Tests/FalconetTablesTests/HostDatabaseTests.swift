import FalconetOracle
import FalconetTestSupport
import Glibc
import Keccak
import SystemPackage
import Testing

@testable import FalconetTables

@Suite("The databases in which hosts store pre-images")
struct HostDatabaseTests {
  private let folder: TemporaryFolder

  init() throws { folder = try HostDatabases.unpack() }

  private func read(
    _ name: String, limit: Int = .max
  ) throws -> (pairs: [[UInt8]: [UInt8]], faults: [String], kind: HostDatabase.Kind) {
    let database = try #require(try HostDatabase(in: FilePath(folder.file(name))))
    var pairs: [[UInt8]: [UInt8]] = [:]
    let faults = database.read { key, value in
      pairs[Array(key)] = Array(value)
      return pairs.count < limit
    }
    return (pairs, faults, database.kind)
  }

  private func expectAll(_ pairs: [[UInt8]: [UInt8]], _ name: String) {
    #expect(pairs.count == HostDatabases.count + 2, "\(name)")
    for (key, value) in HostDatabases.preimages { #expect(pairs[key.bytes] == value, "\(name)") }
    #expect(pairs[[1] + [UInt8](repeating: 0, count: 30) + [7]] == Array("local".utf8))
    #expect(pairs[[5] + [UInt8](repeating: 0, count: 31)] == Array("blob".utf8))
  }

  @Test(
    "Tables of each version, with each checksum, index and compression that is supported, and logs",
    arguments: HostDatabases.names.filter { $0 != "lz4" })
  func versions(_ name: String) throws {
    let (pairs, faults, kind) = try read(name)
    #expect(faults == [])
    #expect(kind == .rocksdb)
    expectAll(pairs, name)
    #expect(try read(name, limit: 7).pairs.count == 7)
  }

  @Test("A table with another compression is named, and what other files have is read")
  func otherCompression() throws {
    let (pairs, faults, _) = try read("lz4")
    #expect(pairs.count == 2)
    #expect(faults.count == 1)
    #expect(faults.first?.contains("lz4/000009.sst has blocks compressed with lz4") == true)
  }

  @Test("Pebble is told from RocksDB by its options; a directory of neither has no database")
  func kinds() throws {
    try folder.write("[Version]\n  pebble_version=0.1\n", to: "version2/OPTIONS-000009")
    let (pairs, faults, kind) = try read("version2")
    #expect(faults == [])
    #expect(kind == .pebble)
    expectAll(pairs, "pebble")
    folder.makeFolder("none")
    try folder.write("", to: "none/000001.sst")
    #expect(try HostDatabase(in: FilePath(folder.file("none"))) == nil)
    #expect(throws: Errno.self) { try HostDatabase(in: FilePath(folder.file("missing"))) }
  }

  @Test("A file that is no table, of another format or no regular file is named with the reason")
  func foreign() throws {
    let table = try #require(folder.read("version2/000009.sst"))
    func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = table
      let start = copy.count + offset
      copy.replaceSubrange(start..<start + bytes.count, with: bytes)
      return copy
    }
    let cases: [([UInt8], String)] = [
      ([], "too short"), ([UInt8](repeating: 0, count: 100), "is no table"),
      (Array(table.dropLast()), "is no table"),
      (changed(-12, [1]), "format version 1; versions 2 to 7"),
      (changed(-12, [8]), "format version 8; versions 2 to 7"),
      (changed(-8, [0xF0, 0x9F, 0xAA, 0xB3, 0xF0, 0x9F, 0xAA, 0xB3]), "pebble's own format 2"),
      (changed(-8, [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]), "LevelDB"),
      (changed(-53, [9]), "checksums of kind 9"), (changed(-12, [6]), "corrupt footer"),
    ]
    for (bytes, text) in cases {
      try folder.write(bytes, to: "version2/000009.sst")
      let faults = try read("version2").faults
      #expect(faults.count == 1 && faults[0].contains(text), "\(text): \(faults)")
    }
    unlink(folder.file("version2/000009.sst"))
    #expect(mkfifo(folder.file("version2/000009.sst"), 0o600) == 0)
    #expect(try read("version2").faults.first?.contains("is not a regular file") == true)
  }

  @Test("An index that names a block again and again is not followed for longer than the file is")
  func overlap() throws {
    func variable(_ value: Int) -> [UInt8] {
      value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + variable(value >> 7)
    }
    func block(_ entries: [([UInt8], [UInt8])]) -> [UInt8] {
      var bytes: [UInt8] = []
      for (key, value) in entries {
        bytes += [0] + variable(key.count)
        bytes += variable(value.count) + key + value
      }
      return bytes + [0, 0, 0, 0, 1, 0, 0, 0]
    }
    var file: [UInt8] = []
    func append(_ block: [UInt8]) -> [UInt8] {
      defer { file += block + [0, 0, 0, 0, 0] }
      return variable(file.count) + variable(block.count)
    }
    let value = [UInt8](repeating: 7, count: 2000)
    let data = append(block([([9, 1, 1, 0, 0, 0, 0, 0, 0], value)]))
    let index = append(block([([UInt8], [UInt8])](repeating: ([9], data), count: 100)))
    let properties = append(block([(Array("rocksdb.num.entries".utf8), [100])]))
    let handles = append(block([(Array("rocksdb.properties".utf8), properties)])) + index
    file += [0] + handles
    file += [UInt8](repeating: 0, count: 40 - handles.count)
    file += [2, 0, 0, 0, 0xF7, 0xCF, 0xF4, 0x85, 0xB7, 0x41, 0xE2, 0x88]
    try folder.write(file, to: "version2/000009.sst")
    let (pairs, faults, _) = try read("version2")
    #expect(pairs[[9]] == value)
    #expect(faults.count == 1 && faults[0].contains("has blocks that overlap"), "\(faults)")
  }

  @Test("A table in which any byte of a block or footer is another has a fault, not another pair")
  func corruptTables() throws {
    var generator = SeededGenerator(seed: 3)
    for name in ["version2", "version3", "version4", "version5", "version6", "kona"] {
      let table = try #require(folder.read("\(name)/000009.sst"))
      let whole = try read(name).pairs
      for _ in 0..<40 {
        var bytes = table
        let place = generator.below(bytes.count)
        bytes[place] ^= UInt8(1 + generator.below(255))
        try folder.write(bytes, to: "\(name)/000009.sst")
        let (pairs, faults, _) = try read(name)
        // Some bytes have no meaning: of filters, for example.
        #expect(!faults.isEmpty || pairs == whole, "\(name) at \(place)")
        for (key, value) in pairs { #expect(whole[key] == value, "\(name) at \(place)") }
      }
    }
  }

  @Test("A log that ends in the middle of a record has what came before, and no fault")
  func cutLogs() throws {
    let log = try #require(folder.read("log/000004.log"))
    var generator = SeededGenerator(seed: 5)
    var counts: [Int] = []
    for size in [0, 3, 7, 12] + (0..<30).map({ _ in generator.below(log.count) }) {
      try folder.write(Array(log[..<size]), to: "log/000004.log")
      let (pairs, faults, _) = try read("log")
      #expect(faults == [], "\(size)")
      for (key, value) in pairs where key[0] == 4 {
        #expect(HostDatabases.preimages[Bytes32(readingFrom: key)] == value)
      }
      counts.append(pairs.count)
    }
    #expect(counts.max() ?? 0 > 50)
    // Room that was reserved, and a part of an earlier log in a file that is used again.
    try folder.write(log + [UInt8](repeating: 0, count: 100_000), to: "log/000004.log")
    expectAll(try read("log").pairs, "reserved")
  }

  @Test("A corrupt record in a log is a fault, and what follows in other blocks is read")
  func corruptLog() throws {
    var log = try #require(folder.read("log/000004.log"))
    log[100] ^= 1
    try folder.write(log, to: "log/000004.log")
    let (pairs, faults, _) = try read("log")
    #expect(faults.count == 1)
    #expect(faults.first?.contains("has a corrupt record at offset") == true)
    #expect(pairs[[5] + [UInt8](repeating: 0, count: 31)] == Array("blob".utf8))
    #expect(!pairs.isEmpty && pairs.count < HostDatabases.count)
  }

  @Test("Records of an earlier log end a log, and those that readers may skip are skipped")
  func recycledLog() throws {
    func record(_ type: UInt8, _ payload: [UInt8], log: UInt8? = nil) -> [UInt8] {
      let body = [type] + (log.map { [$0, 0, 0, 0] } ?? []) + payload
      let checksum = TableChecksum.maskedCRC32C(body[...])
      return (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) }
        + [UInt8(payload.count), 0] + body
    }
    func put(_ key: UInt8, kind: [UInt8] = [1]) -> [UInt8] {
      [UInt8](repeating: 0, count: 12) + kind + [1, key, 2, key, key]
    }
    let cases: [([UInt8], Set<UInt8>, String?)] = [
      (record(5, put(1), log: 4) + record(5, put(2), log: 3), [1], nil),
      (record(130, [1, 2, 3]) + record(1, put(1)), [1], nil),
      (record(2, Array(put(1)[..<9])) + record(3, []) + record(4, Array(put(1)[9...])), [1], nil),
      (record(1, put(3, kind: [5, 0])) + record(1, put(4, kind: [13, 3, 1, 9, 1])), [3, 4], nil),
      (record(1, put(1)) + record(1, put(2, kind: [16, 0])), [1], "a write of kind 16"),
      (record(1, put(1)) + record(10, [0]), [1], "a record of kind 10"),
      (record(9, [7]) + record(1, put(1)), [], "is a compressed log"),
      (record(1, [1, 2, 3]), [], "a record that is too short"),
      (record(1, put(1) + [1, 200]), [1], "a corrupt write"),
    ]
    for (bytes, keys, text) in cases {
      try folder.write(bytes, to: "log/000004.log")
      let (pairs, faults, _) = try read("log")
      #expect(Set(pairs.keys.map { $0[0] }) == keys)
      #expect(faults.count == (text == nil ? 0 : 1))
      if let text { #expect(faults.first?.contains(text) == true, "\(faults)") }
    }
  }
}

import FalconetTestSupport
import Glibc
import SystemPackage
import Testing

@testable import FalconetTables

@Suite("Tables and compressed data from an attacker")
struct HostileTableTests {
  @Test("Changed bytes of tables whose checksums are not checked end in pairs or a fault")
  func changedTables() throws {
    let folder = try HostDatabases.unpack()
    var generator = SeededGenerator(seed: 11)
    var faults = 0
    for name in ["version2", "version4", "version5"] {
      let table = try #require(folder.read("\(name)/000009.sst"))
      for _ in 0..<(isLongRun ? 20_000 : 300) {
        var bytes = table
        for _ in 0..<(1 + generator.below(4)) {
          // Index, properties and footer are at the end.
          let reach = generator.below(2) == 0 ? min(1500, bytes.count) : bytes.count
          bytes[bytes.count - 1 - generator.below(reach)] = UInt8(generator.below(256))
        }
        bytes[bytes.count - 53] = 0
        try folder.write(bytes, to: "table")
        do throws(TableFault) {
          try TableFile(FilePath(folder.file("table"))).read { _, _ in true }
        } catch {
          #expect(!error.description.isEmpty)
          faults += 1
        }
      }
    }
    #expect(faults > 100)
  }

  @Test("Snappy data: literals and copies of each form, and what is corrupt")
  func snappy() {
    func decompressed(_ bytes: [UInt8], limit: Int = 1000) -> [UInt8]? {
      Snappy.decompress(bytes[...], limit: limit)
    }
    #expect(decompressed([0]) == [])
    #expect(decompressed([3, 2 << 2, 7, 8, 9]) == [7, 8, 9])
    #expect(decompressed([3, 60 << 2, 2, 7, 8, 9]) == [7, 8, 9])
    // A copy that overlaps what it writes.
    #expect(decompressed([6, 0, 5, 1 << 2 | 1, 1]) == [5, 5, 5, 5, 5, 5])
    #expect(decompressed([4, 1 << 2, 5, 6, 1 << 2 | 2, 2, 0]) == [5, 6, 5, 6])
    #expect(decompressed([4, 1 << 2, 5, 6, 1 << 2 | 3, 2, 0, 0, 0]) == [5, 6, 5, 6])
    for corrupt in [
      [], [3], [3, 2 << 2, 7, 8], [2, 2 << 2, 7, 8, 9], [4, 2 << 2, 7, 8, 9], [5, 0, 5, 1, 0],
      [5, 0, 5, 1, 2], [5, 0, 5, 1], [5, 0, 5, 2, 1], [9, 60 << 2],
      [9, 63 << 2, 255, 255, 255, 255],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
    ] as [[UInt8]] {
      #expect(decompressed(corrupt) == nil, "\(corrupt)")
    }
    #expect(decompressed([3, 2 << 2, 7, 8, 9], limit: 2) == nil)
  }
}

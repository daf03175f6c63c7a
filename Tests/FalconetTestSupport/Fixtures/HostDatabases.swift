import FalconetOracle
import FalconetStreams
import Keccak

/// The databases that `Scripts/database-fixtures.py` has RocksDB write.
package enum HostDatabases {
  package static let count = 150
  package static let names = [
    "log", "kona", "version2", "version3", "version4", "version5", "version6", "lz4",
  ]

  /// What the script stores under a number.
  package static func value(_ number: Int) -> [UInt8] {
    let length = number == count - 1 ? 150_000 : number * 37 % 700
    return (0..<length).map { UInt8(truncatingIfNeeded: number + $0 / 16) }
  }

  package static let preimages: [Bytes32: [UInt8]] = Dictionary(
    uniqueKeysWithValues: (0..<count).map { (PreimageKey.sha256(of: value($0)), value($0)) })

  /// Unpacks all databases.
  package static func unpack() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let own = "/FalconetTestSupport/Fixtures/HostDatabases.swift"
    let path = String(#filePath.dropLast(own.count)) + "/Fixtures/databases.tar.zst"
    let archive = TarReader(ByteReader(try ZstdSource(over: FileSource(path: path))))
    while let entry = try archive.next() {
      if let slash = entry.name.lastIndex(of: "/") {
        folder.makeFolder(String(entry.name[..<slash]))
      }
      guard !entry.name.hasSuffix("/") else { continue }
      try folder.write(try archive.contents(limit: 1 << 20), to: entry.name)
    }
    return folder
  }
}

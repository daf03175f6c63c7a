import FalconetSystem
import SystemPackage

/// The database in which a host stores pre-images: RocksDB's, as Kona's host writes it, or pebble's, as
/// op-program's does. Both have tables and logs of the same form.
///
/// All tables and logs are read, without the list of those that count: a key is the hash of its value, so
/// that an old one is no other, and hosts delete none. Nothing is written, so that a database may be read
/// while its host runs.
package struct HostDatabase: Sendable {
  package enum Kind: String, Sendable {
    case rocksdb
    case pebble
  }

  package let kind: Kind
  private let directory: FilePath
  private let tables: [String]
  private let logs: [(number: UInt64, name: String)]

  /// The database in a directory; nil if there is none.
  package init?(in directory: FilePath) throws(Errno) {
    var numbered: [(number: UInt64, name: String)] = []
    var isDatabase = false
    var options: String?
    try DirectoryListing.forEachName(in: directory) { name in
      if name.hasPrefix("MANIFEST-") { isDatabase = true }
      if name.hasPrefix("OPTIONS-") { options = max(options ?? "", name) }
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      if parts.count == 2, let number = UInt64(parts[0]) { numbered.append((number, name)) }
      return true
    }
    guard isDatabase else { return nil }
    self.directory = directory
    numbered.sort { ($0.number, $0.name) < ($1.number, $1.name) }
    tables = numbered.map(\.name).filter { $0.hasSuffix(".sst") }
    logs = numbered.filter { $0.name.hasSuffix(".log") }
    kind =
      options.map { Self.mentionsPebble(directory.appending(fileName: $0)) } == true
      ? .pebble : .rocksdb
  }

  private static func mentionsPebble(_ options: FilePath) -> Bool {
    guard let file = try? DatabaseFile.open(options),
      let bytes = try? DatabaseFile.bytes(atMost: 4096, of: file, at: 0)
    else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("pebble_version")
  }

  /// Calls `body` with each key and value, until it returns false.
  ///
  /// - Returns: the paths of files of which not all could be read, each with the reason.
  package func read(
    _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) -> [String] {
    var faults: [String] = []
    var goesOn = true
    func open(_ name: String, _ read: (FilePath) throws(TableFault) -> Void) {
      guard goesOn else { return }
      let path = directory.appending(fileName: name)
      do throws(TableFault) { try read(path) } catch { faults.append("\(path.fileName) \(error)") }
    }
    func take(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
      goesOn = body(key, value)
      return goesOn
    }
    for table in tables {
      open(table) { (path) throws(TableFault) in try TableFile(path).read(take) }
    }
    for log in logs {
      open(log.name) { (path) throws(TableFault) in
        try LogFile(path, number: log.number).read(take)
      }
    }
    return faults
  }
}

import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@testable import FalconetStore

@Suite("Directories that a store imports and exports")
struct StoreExchangeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ key: Bytes32, _ text: String, _ layout: DirectoryLayout) throws {
    let path = layout.path(of: key, in: "host").string
    if let slash = path.lastIndex(of: "/") { folder.makeFolder(String(path[..<slash])) }
    try folder.write(text, to: path)
  }

  @Test(
    "A host's directory in each layout, with and without kvformat",
    arguments: ["file", "directory"],
    [true, false])
  func layouts(_ name: String, isMarked: Bool) throws {
    let layout = try #require(DirectoryLayout(rawValue: name))
    folder.makeFolder("host")
    if isMarked { try folder.write(name, to: "host/kvformat") }
    let values = (1...20).map { [UInt8](repeating: $0, count: Int($0)) }
    for value in values { try write(PreimageKey.keccak256(of: value), Hex.encode(value), layout) }
    try write(PreimageKey.local(1), "00", layout)
    try write(key(.blob), "0102", layout)
    try write(PreimageKey.sha256(of: [1]), "02", layout)
    try write(PreimageKey.sha256(of: [2]), "0", layout)

    let store = try PreimageStore(in: folder)
    var result = try store.importDirectory(folder.file("host"))
    #expect((result.added, result.known, result.notStored) == (20, 0, 2))
    #expect(result.wrong.count == 2)
    for value in values { #expect(store.preimage(for: PreimageKey.keccak256(of: value)) == value) }
    result = try store.importDirectory(folder.file("host"))
    #expect((result.added, result.known, result.notStored) == (0, 20, 2))

    let named = try PreimageStore(in: folder, giver: "host", trusts: [.blob])
    result = try named.importDirectory(folder.file("host"))
    #expect((result.added, result.known, result.notStored) == (1, 20, 1))
    #expect(named.preimage(for: key(.blob)) == [1, 2])

    #expect(try store.export(to: folder.file("out")) == 20)
    #expect(try named.export(to: folder.file("all")) == 21)
    let exported = try DirectoryOracle(path: folder.file("all"))
    for value in values {
      #expect(try exported.preimage(for: PreimageKey.keccak256(of: value)) == value)
    }
    #expect(try exported.preimage(for: key(.blob)) == [1, 2])
  }

  @Test("The database of a host that was killed: what its tables and logs have")
  func database() throws {
    let databases = try HostDatabases.unpack()
    let store = try PreimageStore(in: folder)
    var result = try store.importDirectory(databases.file("kona"))
    #expect((result.added, result.known, result.notStored) == (HostDatabases.count, 0, 2))
    #expect(result.wrong == [] && result.unreadable == [])
    for (key, value) in HostDatabases.preimages { #expect(store.preimage(for: key) == value) }

    // The marker of newer hosts; blobs come with the name of who gave them.
    try databases.write("rocksdb", to: "version5/kvformat")
    let named = try PreimageStore(in: folder, giver: "kona-host", trusts: [.blob])
    result = try named.importDirectory(databases.file("version5"))
    #expect((result.added, result.known, result.notStored) == (1, HostDatabases.count, 1))
    var blob = Bytes32()
    blob[0] = PreimageKeyType.blob.rawValue
    #expect(named.preimage(for: blob) == Array("blob".utf8))

    result = try store.importDirectory(databases.file("lz4"))
    #expect(result.unreadable.count == 1)
    // Files that lie beside a database that its host used before.
    try databases.write("file", to: "log/kvformat")
    #expect(try store.importDirectory(databases.file("log")) == StoreImport())
    var count = 0
    _ = try store.importDirectory(databases.file("kona")) {
      count += 1
      return count == 3
    }
    #expect(count == 3)
  }

  @Test("A database's marker without a database, and a missing directory, are errors")
  func unreadable() throws {
    folder.makeFolder("host")
    try folder.write("pebble", to: "host/kvformat")
    let store = try PreimageStore(in: folder)
    for name in ["host", "missing"] {
      #expect(throws: PreimageError.self) { try store.importDirectory(folder.file(name)) }
    }
  }

  @Test("The name of a host is its program, with its words before the first flag")
  func names() throws {
    try folder.write("", to: "host")
    let path = folder.file("host")
    #expect(HostName.of([path, "single", "--l1", "x"]) == path + " single")
    #expect(HostName.of([path, "--server"]) == path)
    #expect(HostName.of(["no-such-program-anywhere", "a"]) == "no-such-program-anywhere a")
    #expect(HostName.of(["sh"])?.hasPrefix("/") == true)
    #expect(HostName.of([]) == nil)
  }
}

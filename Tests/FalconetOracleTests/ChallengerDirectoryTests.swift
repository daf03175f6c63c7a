import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite("What op-challenger finds of a step that a cache answered")
struct ChallengerDirectoryTests {
  private let folder: TemporaryFolder
  private let cache = MemoryCache()

  init() throws {
    folder = try TemporaryFolder()
    folder.makeFolder("preimages")
  }

  /// A cache in memory.
  private final class MemoryCache: PreimageCache {
    var values: [Bytes32: [UInt8]] = [:]
    func preimage(for key: Bytes32) -> [UInt8]? { values[key] }
    func commitments() -> [[UInt8]] {
      values.filter { $0.key[0] == 4 && $0.value.count == 48 }.map(\.value)
    }
    func add(_ key: Bytes32, _ preimage: [UInt8]) { values[key] = preimage }
    func flush() {}
  }

  /// A host, which stores nothing here, and notes what it was asked.
  private final class Host: PreimageOracle {
    var answers: [Bytes32: [UInt8]] = [:]
    var log: [String] = []
    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      log.append("\(key)")
      guard let answer = answers[key] else { throw PreimageError(.missing, message: "none") }
      return answer
    }
    func hint(_ hint: [UInt8]) throws(PreimageError) {
      log.append(String(decoding: hint, as: UTF8.self))
    }
  }

  private func directory(_ source: CachedOracle) throws -> ChallengerDirectory {
    try #require(
      ChallengerDirectory(
        host: ["op-program", "--server", "--datadir", folder.file("preimages")], source: source))
  }

  private func key(_ type: PreimageKeyType, _ input: [UInt8]) -> Bytes32 {
    var key = PreimageKey.keccak256(of: input)
    key[0] = type.rawValue
    return key
  }

  private func stored() throws -> DirectoryOracle {
    try DirectoryOracle(path: folder.file("preimages"))
  }

  @Test("The points of a blob are the roots of unity in the order of reversed bits")
  func points() {
    #expect(BlobPoints.all.count == 4096)
    let hash = PreimageKey.sha256(of: BlobPoints.all.flatMap { $0 })
    #expect("\(hash)".hasSuffix("815dd2fcaae4382dad24b89c046c2ece81a6554455ce76eaf754b285ed0792"))
  }

  @Test("The directory is the one that the host's command line names")
  func commandLines() {
    let name = ChallengerDirectory.directory
    #expect(name(["op-program", "--l1", "x", "--datadir", "a/b", "--l2", "y"]) == "a/b")
    #expect(name(["op-program", "--datadir=a"]) == "a")
    #expect(name(["kona-host", "single", "--data-dir", "c"]) == "c")
    #expect(name(["kona-host", "single", "--data-dir=c"]) == "c")
    #expect(name(["op-program", "--datadir"]) == nil)
    #expect(name(["op-program"]) == nil)
  }

  @Test(
    "Pre-images that have their keys' hash", arguments: ["file", "directory", nil] as [String?])
  func hashes(_ format: String?) throws {
    if let format { try folder.write(format, to: "preimages/kvformat") }
    let values: [(Bytes32, [UInt8])] = [
      (PreimageKey.keccak256(of: [1, 2]), [1, 2]), (PreimageKey.sha256(of: []), []),
    ]
    let host = Host()
    let directory = try directory(CachedOracle(cache, source: host))
    for (key, value) in values { try directory.complete(key, value) }
    try directory.complete(PreimageKey.local(1), [5])
    for (key, value) in values { #expect(try stored().preimage(for: key) == value) }
    #expect(folder.read("preimages/kvformat") == Array((format ?? "directory").utf8))
    #expect(host.log == [])
    // Nothing was stored of a local input.
    #expect(try folder.read("preimages/\(PreimageKey.local(1)).txt") == nil)
  }

  @Test("The input of a precompile, from a hint or from the cache", arguments: [true, false])
  func precompile(fromHint: Bool) throws {
    let input = [UInt8](0..<40)
    let key = key(.precompile, input)
    cache.values[key] = [1, 9]
    let host = Host()
    let source = CachedOracle(cache, source: host)
    if fromHint {
      try source.hint(Array("l1-precompile-v2 0x\(Hex.encode(input))".utf8))
    } else {
      cache.values[PreimageKey.keccak256(of: input)] = input
    }
    try directory(source).complete(key, [1, 9])
    #expect(try stored().preimage(for: key) == [1, 9])
    #expect(try stored().preimage(for: PreimageKey.keccak256(of: input)) == input)
    #expect(host.log == [])
  }

  /// Puts a blob into the cache.
  private func addBlob(roots: Bool) -> (commitment: [UInt8], keys: [Bytes32]) {
    let commitment = [UInt8](0..<48)
    cache.values[PreimageKey.sha256(of: commitment)] = commitment
    let keys = (0..<4096).map { number in
      let name =
        roots
        ? commitment + BlobPoints.all[number]
        : commitment + [UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 255)]
      let key = key(.blob, name)
      cache.values[key] = [UInt8](repeating: UInt8(number & 0xFF), count: 32)
      return key
    }
    return (commitment, keys)
  }

  @Test("All elements of a blob, with the commitment and the point", arguments: [true, false])
  func blob(roots: Bool) throws {
    let (commitment, keys) = addBlob(roots: roots)
    // The host has stored most of it: files take long here.
    try folder.write("file", to: "preimages/kvformat")
    for key in keys[100...] { put(Hex.encode(cache.values[key] ?? []), "\(key).txt") }
    let host = Host()
    try directory(CachedOracle(cache, source: host)).complete(
      keys[77], try #require(cache.values[keys[77]]))
    let stored = try stored()
    for key in keys[..<110] { #expect(try stored.preimage(for: key) == cache.values[key]) }
    #expect(TemporaryFolder.names(in: folder.file("preimages")).count == 4096 + 3)
    var name = keys[77]
    name[0] = 2
    let point = try stored.preimage(for: name)
    #expect(point.count == 80 && point.starts(with: commitment))
    #expect(PreimageKey.keccak256(of: point) == name)
    #expect(try stored.preimage(for: PreimageKey.sha256(of: commitment)) == commitment)
    #expect(host.log == [])
  }

  /// Writes a file of the host's directory.
  private func put(_ text: String, _ name: String) {
    guard let file = fopen(folder.file("preimages/\(name)"), "w") else { return }
    fputs(text, file)
    fclose(file)
  }

  @Test("What the cache cannot complete, the host is asked for, with the last hint")
  func incomplete() throws {
    let (_, keys) = addBlob(roots: true)
    let value = try #require(cache.values[keys[0]])
    cache.values[keys[9]] = nil
    let host = Host()
    let source = CachedOracle(cache, source: host)
    try source.hint(Array("l1-blob 0x00".utf8))
    _ = try source.preimage(for: keys[0])
    let directory = try directory(source)
    #expect(throws: PreimageError.self) { try directory.complete(keys[0], value) }
    host.answers[keys[0]] = value
    host.log = []
    try directory.complete(keys[0], value)
    #expect(host.log == ["l1-blob 0x00", "\(keys[0])"])
    // One that says something else is not believed, and neither is the store.
    host.answers[keys[0]] = [1]
    #expect(throws: PreimageError.self) { try directory.complete(keys[0], value) }
  }

  @Test("A host's database is left to the host")
  func pebble() throws {
    try folder.write("pebble", to: "preimages/kvformat")
    let host = Host()
    let key = PreimageKey.keccak256(of: [1])
    host.answers[key] = [1]
    try directory(CachedOracle(cache, source: host)).complete(key, [1])
    #expect(host.log == ["\(key)"])
    #expect(TemporaryFolder.names(in: folder.file("preimages")) == ["kvformat"])
  }

  @Test("What the host stored already is left alone")
  func existing() throws {
    let key = PreimageKey.keccak256(of: [1])
    try folder.write("file", to: "preimages/kvformat")
    try folder.write("01", to: "preimages/\(key).txt")
    let inode = FileInode(folder.file("preimages/\(key).txt"))
    try directory(CachedOracle(cache, source: Host())).complete(key, [1])
    #expect(FileInode(folder.file("preimages/\(key).txt")) == inode)
  }
}

/// The number of a file, which another one that takes its name does not have.
private struct FileInode: Equatable {
  let number: UInt64

  init(_ path: String) {
    var status = stat()
    stat(path, &status)
    number = UInt64(status.st_ino)
  }
}

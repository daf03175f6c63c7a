import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Glibc
import Keccak
import SystemPackage
import Testing

@Suite struct DirectoryOracleTests {
  @Test func `A host's folder is served whole, and every pre-image is its key's`() throws {
    var oracle = CheckedOracle(try DirectoryOracle(path: validFolder))
    let listing = try oracle.preimage(
      for: try #require(Bytes32(hex: "04" + listingHash.dropFirst(2))))
    #expect(listing.count == 15 * 32)
    let sizes = [1, 2, 7, 8, 9, 31, 32, 33, 64, 100, 1000, 4095, 4096, 4097, 20000]
    for (index, size) in sizes.enumerated() {
      var key = try #require(Bytes32(listing[32 * index..<32 * index + 32]))
      key[0] = 4
      #expect(try oracle.preimage(for: key).count == size)
    }
    #expect(try oracle.preimage(for: PreimageKey.local(1)) == Bytes32(hex: listingHash)?.bytes)
  }

  /// The name of `key`'s file in both layouts.
  private func names(_ key: Bytes32) -> (file: String, folder: String, inner: String) {
    let digits = key.description.dropFirst(2)
    return (
      "0x\(digits).txt", String(digits.prefix(4)), "\(digits.prefix(4))/\(digits.dropFirst(4)).txt"
    )
  }

  @Test(arguments: ["file", "directory", "file\n", nil])
  func `The layout comes from kvformat, or from the names`(marker: String?) throws {
    let folder = try TemporaryFolder()
    for layout in ["file", "directory"] where marker == nil || marker?.hasPrefix(layout) == true {
      let folder = try marker == nil ? TemporaryFolder() : folder
      let key = PreimageKey.sha256(of: [1, 0xAB])
      let names = names(key)
      if layout == "file" {
        try folder.write("01ab", to: names.file)
      } else {
        folder.makeFolder(names.folder)
        try folder.write("01ab", to: names.inner)
      }
      if let marker { try folder.write(marker, to: "kvformat") }
      var oracle = CheckedOracle(try DirectoryOracle(path: folder.path))
      #expect(try oracle.preimage(for: key) == [1, 0xAB])
    }
  }

  @Test func `An empty folder opens, and each pre-image is missing`() throws {
    let folder = try TemporaryFolder()
    var oracle = try DirectoryOracle(path: folder.path)
    try oracle.hint([1])
    let error = rejection(by: oracle, for: key(2))
    #expect(error?.kind == .missing)
    #expect(error?.lastHint == [1])
    #expect(error?.message.contains("nor any other") == true)
  }

  @Test func `Other names beside the pre-images don't matter`() throws {
    let folder = try TemporaryFolder()
    try folder.write("{}", to: "debug-info.json")
    try folder.write("0123", to: names(key(2)).file + ".1234")
    folder.makeFolder("abcd")
    try folder.write("zz", to: "abcd/x.txt")
    try folder.write("zz", to: "beef")
    #expect(rejection(by: try DirectoryOracle(path: folder.path), for: key(2))?.kind == .missing)
    try folder.write("0123", to: names(key(2)).file)
    #expect(try DirectoryOracle(path: folder.path).preimage(for: key(2)) == [1, 0x23])
  }

  @Test func `A missing local input is asked for`() throws {
    let folder = try TemporaryFolder()
    try folder.write("directory", to: "kvformat")
    let error = rejection(by: try DirectoryOracle(path: folder.path), for: PreimageKey.local(4))
    #expect(error?.kind == .missing)
    #expect(error?.remedy == "give it")
  }

  @Test(arguments: ["pebble", "pebble\n", "rocksdb"])
  func `A database is refused with what to do`(marker: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(marker, to: "kvformat")
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: folder.path) }
    #expect(error?.kind == .unreadable)
    #expect(error?.message.contains("pebble") == true)
    #expect(error?.remedy?.contains("import it into a store") == true)
  }

  @Test func `A pebble database without kvformat is known by its manifest`() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "MANIFEST-000001")
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: folder.path) }
    #expect(error?.message.contains("pebble") == true)
  }

  @Test(arguments: ["", "\n", "File", "file ", " file", "file\n\n", "leveldb", "file\u{0}"])
  func `Any other kvformat is refused`(marker: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(marker, to: "kvformat")
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: folder.path) }
    #expect(error?.kind == .unreadable)
    #expect(error?.message.contains("unknown layout") == true)
  }

  @Test func `A huge kvformat is refused without being read`() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 0x66, count: 1 << 20), to: "kvformat")
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: folder.path) }
    #expect((error?.message.utf8.count ?? .max) < 300)
  }

  @Test func `Both layouts in one folder need a kvformat`() throws {
    let folder = try TemporaryFolder()
    let names = names(key(2))
    try folder.write("00", to: names.file)
    folder.makeFolder(names.folder)
    try folder.write("00", to: names.inner)
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: folder.path) }
    #expect(error?.message.contains("both layouts") == true)
    try folder.write("directory", to: "kvformat")
    #expect(throws: Never.self) { try DirectoryOracle(path: folder.path) }
  }

  @Test(arguments: ["/nonexistent/folder", "/dev/null", ""])
  func `A folder that can't be read is an error`(path: String) {
    let error = failure { () throws(PreimageError) in _ = try DirectoryOracle(path: path) }
    #expect(error?.kind == .unreadable)
  }

  @Test(
    arguments: [
      ("", []), ("\n", []), ("00", [0]), ("aBcD", [0xAB, 0xCD]), ("ff\n", [0xFF]),
    ] as [(String, [UInt8])])
  func `Digits of either case and one newline are read`(text: String, bytes: [UInt8]) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: names(key(2)).file)
    #expect(try DirectoryOracle(path: folder.path).preimage(for: key(2)) == bytes)
  }

  @Test(arguments: [
    ("0", "1 hexadecimal digits"), ("000\n", "3 hexadecimal digits"),
    ("0x00", "0x78 at offset 1"), ("00 00", "0x20 at offset 2"), ("00\n\n", "0xa at offset 2"),
    ("00\n00", "0xa at offset 2"), ("\n00", "0xa at offset 0"), ("00\r\n", "0xd at offset 2"),
    ("gg", "0x67 at offset 0"), ("0000/0", "0x2f at offset 4"), ("00:", "0x3a at offset 2"),
    ("@", "0x40 at offset 0"), ("`", "0x60 at offset 0"), ("é", "0xc3 at offset 0"),
  ])
  func `Anything else is an error that says where`(text: String, place: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: names(key(2)).file)
    let error = rejection(by: try DirectoryOracle(path: folder.path), for: key(2))
    #expect(error?.kind == .unreadable)
    #expect(error?.key == key(2))
    #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(folder.path) == true)
  }

  @Test func `An error beyond the first chunk has its offset in the file`() throws {
    let folder = try TemporaryFolder()
    var text = [UInt8](repeating: UInt8(ascii: "7"), count: 200_000)
    text[150_001] = UInt8(ascii: "-")
    try folder.write(text, to: names(key(2)).file)
    let error = rejection(by: try DirectoryOracle(path: folder.path), for: key(2))
    #expect(error?.message.contains("offset 150001") == true)
  }

  @Test func `A file over the limit is refused by its size`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file(names(key(2)).file)
    try folder.write("", to: names(key(2)).file)
    // Sparse: it takes no space.
    truncate(file, off_t(2 * PreimageKey.maximumPreimageSize + 2))
    let error = rejection(by: try DirectoryOracle(path: folder.path), for: key(2))
    #expect(error?.message.contains("more than") == true)
  }

  @Test func `The limit counts bytes, not digits or the newline`() throws {
    let folder = try TemporaryFolder()
    try folder.write("aabbcc\n", to: "x")
    try folder.write("aabbccd", to: "odd")
    #expect(try HexFile.read(FilePath(folder.file("x")), limit: 3) == [0xAA, 0xBB, 0xCC])
    #expect(throws: StoredFileFault.tooLarge(limit: 2)) {
      try HexFile.read(FilePath(folder.file("x")), limit: 2)
    }
    #expect(throws: StoredFileFault.tooLarge(limit: 3)) {
      try HexFile.read(FilePath(folder.file("odd")), limit: 3)
    }
  }

  @Test func `A named pipe in place of a file is refused at once`() throws {
    let folder = try TemporaryFolder()
    mkfifo(folder.file(names(key(2)).file), 0o644)
    let error = rejection(by: try DirectoryOracle(path: folder.path), for: key(2))
    #expect(error?.message.contains("regular file") == true)
    folder.makeFolder(names(key(4)).file)
    #expect(rejection(by: try DirectoryOracle(path: folder.path), for: key(4))?.kind == .unreadable)
  }
}

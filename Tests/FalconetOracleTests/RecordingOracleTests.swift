import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite struct RecordingOracleTests {
  @Test func `What is served is stored in the file layout, and serves again`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 2)
    var source = DictionaryOracle(keepsHints: true)
    var keys: [Bytes32] = [source.insert(local: 3, [1, 0xFE]), source.insert(sha256: [])]
    for size in [1, 100, 70_000] { keys.append(source.insert(keccak256: generator.bytes(size))) }
    source.preimages[key(6)] = [1]
    keys.append(key(6))

    let path = folder.file("new")
    var recording = try RecordingOracle(source, path: path)
    try recording.hint([5])
    for key in keys { _ = try recording.preimage(for: key) }
    try recording.flush()
    #expect((recording.source as? DictionaryOracle)?.hints == [[5]])

    #expect(TemporaryFolder.contents("\(path)/kvformat") == Array("file".utf8))
    let local = "\(path)/\(PreimageKey.local(3)).txt"
    #expect(TemporaryFolder.contents(local) == Array("01fe".utf8))
    let replay = try DirectoryOracle(path: path)
    for key in keys { #expect(try replay.preimage(for: key) == source.preimages[key]) }
  }

  @Test func `Only what was asked for is stored`() throws {
    let folder = try TemporaryFolder()
    var source = DictionaryOracle()
    let asked = source.insert(sha256: [1])
    source.insert(sha256: [2])
    var recording = try RecordingOracle(source, path: folder.path)
    _ = try recording.preimage(for: asked)
    _ = try recording.preimage(for: asked)
    #expect(rejection(by: recording, for: key(2))?.kind == .missing)
    try recording.flush()
    #expect(folder.names == ["\(asked).txt", "kvformat"])
  }

  @Test func `A second run with the same data leaves the files as they are`() throws {
    let folder = try TemporaryFolder()
    var source = DictionaryOracle()
    let keys = [source.insert(local: 1, [1]), source.insert(sha256: [2])]
    var inodes: [[UInt]] = []
    for _ in 0..<2 {
      var recording = try RecordingOracle(source, path: folder.path)
      for key in keys { _ = try recording.preimage(for: key) }
      try recording.flush()
      inodes.append(
        (keys.map { "\($0).txt" } + ["kvformat"]).map { name in
          var status = stat()
          stat(folder.file(name), &status)
          return status.st_ino
        })
    }
    #expect(inodes[0] == inodes[1])
  }

  @Test(arguments: [PreimageKey.local(1), key(5), key(2)])
  func `Another pre-image for a stored key is an error, and the stored one stays`(
    key: Bytes32
  ) throws {
    let folder = try TemporaryFolder()
    var first = try RecordingOracle(DictionaryOracle([key: [1]]), path: folder.path)
    _ = try first.preimage(for: key)
    try first.flush()
    let second = try RecordingOracle(DictionaryOracle([key: [2]]), path: folder.path)
    let error = rejection(by: second, for: key)
    #expect(error?.kind == .unreadable)
    #expect(error?.key == key)
    #expect(error?.remedy?.contains("directory of its own") == true)
    #expect(folder.read("\(key).txt") == Array("01".utf8))
  }

  @Test func `A source that changes its mind in one run is found`() throws {
    let folder = try TemporaryFolder()
    let key = PreimageKey.local(1)
    var recording = try RecordingOracle(DictionaryOracle([key: [1]]), path: folder.path)
    _ = try recording.preimage(for: key)
    recording.source = DictionaryOracle([key: [2]])
    #expect(rejection(by: recording, for: key)?.kind == .unreadable)
  }

  @Test(arguments: ["directory", "pebble", "other"])
  func `A folder in another format is refused and left alone`(marker: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(marker, to: "kvformat")
    let error = failure { () throws(PreimageError) in
      _ = try RecordingOracle(NoPreimages(), path: folder.path)
    }
    #expect(error?.kind == .unreadable)
    #expect(error?.message.contains("cannot be recorded") == true)
    #expect(folder.names == ["kvformat"])
    #expect(folder.read("kvformat") == Array(marker.utf8))
  }

  @Test func `A folder with the other layout's names is refused though it has no kvformat`() throws
  {
    let folder = try TemporaryFolder()
    folder.makeFolder("0212")
    try folder.write("00", to: "0212/\(String(repeating: "ab", count: 30)).txt")
    #expect(throws: PreimageError.self) { try RecordingOracle(NoPreimages(), path: folder.path) }
    #expect(folder.names == ["0212"])
  }

  @Test func `A folder with files and no kvformat gets one`() throws {
    let folder = try TemporaryFolder()
    try folder.write("01", to: "\(key(2)).txt")
    var recording = try RecordingOracle(DictionaryOracle([key(2): [1]]), path: folder.path)
    #expect(try recording.preimage(for: key(2)) == [1])
    #expect(folder.read("kvformat") == Array("file".utf8))
  }

  @Test func `A folder that can't be made or written is an error`() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "file")
    for path in [folder.file("missing/new"), folder.file("file"), "/proc/nothing", ""] {
      let error = failure { () throws(PreimageError) in
        _ = try RecordingOracle(NoPreimages(), path: path)
      }
      #expect(error?.kind == .unreadable, "\(path)")
    }
  }

  @Test func `A damaged stored file is an error`() throws {
    let folder = try TemporaryFolder()
    try folder.write("0", to: "\(key(2)).txt")
    let recording = try RecordingOracle(DictionaryOracle([key(2): [1]]), path: folder.path)
    #expect(rejection(by: recording, for: key(2))?.kind == .unreadable)
  }

  @Test func `Thousands of files are whole after a flush, and requests may follow it`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 3)
    var source = DictionaryOracle()
    // More than two groups, and types whose keys say nothing of the pre-image.
    var keys = (0..<400).map { _ in source.insert(keccak256: generator.bytes(32)) }
    for number in 0..<160 {
      var key = PreimageKey.keccak256(of: [UInt8(number & 0xFF), UInt8(number >> 8)])
      key[0] = PreimageKeyType.blob.rawValue
      source.preimages[key] = generator.bytes(32)
      keys.append(key)
    }
    var recording = try RecordingOracle(source, path: folder.path)
    for part in [keys[..<530], keys[530...]] {
      for key in part { _ = try recording.preimage(for: key) }
      try recording.flush()
      let replay = try DirectoryOracle(path: folder.path)
      for key in part { #expect(try replay.preimage(for: key) == source.preimages[key]) }
    }
    #expect(folder.names.count == keys.count + 1)
  }

  @Test func `What was served is stored when the recorder goes without a flush`() throws {
    let folder = try TemporaryFolder()
    var source = DictionaryOracle()
    let key = source.insert(sha256: [1])
    do {
      var recording = try RecordingOracle(source, path: folder.path)
      _ = try recording.preimage(for: key)
    }
    #expect(try DirectoryOracle(path: folder.path).preimage(for: key) == [1])
  }

  @Test func `A few files don't wait for a group to be full`() throws {
    let folder = try TemporaryFolder()
    var source = DictionaryOracle()
    let keys = [source.insert(sha256: [1]), source.insert(sha256: [2])]
    var recording = try RecordingOracle(source, path: folder.path)
    _ = try recording.preimage(for: keys[0])
    usleep(1_100_000)
    _ = try recording.preimage(for: keys[1])
    // The files are put in place beside the run, however long that takes.
    while !folder.names.contains("\(keys[0]).txt") { usleep(5_000) }
    #expect(folder.read("\(keys[0]).txt") == Array("01".utf8))
    try recording.flush()
  }

  @Test func `A file that cannot be written is an error of the flush, or of a later request`()
    throws
  {
    let folder = try TemporaryFolder()
    var source = DictionaryOracle()
    let key = source.insert(sha256: [1])
    let path = folder.file("new")
    var recording = try RecordingOracle(source, path: path)
    unlink("\(path)/kvformat")
    rmdir(path)
    _ = try recording.preimage(for: key)
    let error = failure { () throws(PreimageError) in try recording.flush() }
    #expect(error?.kind == .unreadable)
    // Once.
    try recording.flush()
    #expect(error?.message.contains("cannot be recorded") == true)
  }
}

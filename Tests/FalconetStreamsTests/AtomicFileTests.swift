import FalconetStreams
import FalconetSystem
import FalconetTestSupport
import Glibc
import Testing

private func content(_ path: String) throws -> [UInt8] { try readAll(FileSource(path: path)) }

private func place(_ bytes: [UInt8], at path: String) throws {
  let sink = try FileSink(path: path)
  try sink.write(bytes)
  try sink.finish()
}

@Suite struct AtomicFileTests {
  @Test func `a file appears whole at the commit`() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.file("a"))
    try file.write([1, 2, 3])
    try file.finish()
    // None, unless the file system wants every file to have a name.
    #expect(folder.names.allSatisfy { $0.hasPrefix("a.tmp-\(ProcessMark.own.text)-") })
    try file.commit()
    try file.commit()
    #expect(folder.names == ["a"])
    #expect(try content(folder.file("a")) == [1, 2, 3])
  }

  @Test func `permissions are those that were asked for, less the umask's`() async {
    // The umask is the process's.
    await #expect(processExitsWith: .success) {
      for mask: mode_t in [0, 0o002, 0o022, 0o027, 0o077] {
        umask(mask)
        for permissions: UInt32 in [0o777, 0o666, 0o600] {
          let folder = try TemporaryFolder()
          for _ in 0..<2 {
            try AtomicFile.write(path: folder.file("a"), permissions: permissions) {
              (sink) throws(StreamError) in try sink.write([1])
            }
            #expect(folder.permissions("a") == permissions & ~mask)
          }
          try AtomicFile.write(path: folder.file("b")) { (sink) throws(StreamError) in
            try sink.write([1])
          }
          #expect(folder.permissions("b") == 0o777 & ~mask)
        }
      }
    }
  }

  @Test func `without a commit nothing changes`() throws {
    let folder = try TemporaryFolder()
    try place([7], at: folder.file("a"))
    do {
      let file = try AtomicFile(path: folder.file("a"))
      try file.write([1, 2, 3])
    }
    #expect(folder.names == ["a"])
    let discarded = try AtomicFile(path: folder.file("b"))
    try discarded.write([1])
    discarded.discard()
    try discarded.commit()
    #expect(folder.names == ["a"])
    #expect(try content(folder.file("a")) == [7])
  }

  @Test func `an error of the caller is thrown as it is, and nothing is left`() throws {
    struct Mine: Error, Equatable { var stream: StreamError? }
    let folder = try TemporaryFolder()
    let wrap = { (error: StreamError) in Mine(stream: error) }
    #expect(throws: Mine(stream: nil)) {
      try AtomicFile.write(path: folder.file("a.gz"), wrapping: wrap) { (sink) throws(Mine) in
        throw Mine(stream: nil)
      }
    }
    #expect(folder.names.isEmpty)
    do throws(Mine) {
      try AtomicFile.write(path: folder.file("none/a"), wrapping: wrap) { (sink) throws(Mine) in }
      Issue.record("no error")
    } catch {
      #expect(error.stream?.kind == .notFound)
    }
  }

  @Test func `the name says how a file is compressed, unless the caller does`() throws {
    let folder = try TemporaryFolder()
    let cases: [(String, Compression?, Compression)] = [
      ("a", nil, .none), ("a.gz", nil, .gzip), ("b.gz", Compression.none, .none),
      ("c", .gzip, .gzip), ("d", .zstd, .zstd),
    ]
    for (name, asked, found) in cases {
      try AtomicFile.write(path: folder.file(name), compression: asked) {
        (sink) throws(StreamError) in
        try sink.write(sampleText)
      }
      #expect(Compression(prefix: Array(try content(folder.file(name)).prefix(4))) == found)
      let source = try FileSource(path: folder.file(name))
      let (reader, compression) = try ByteReader.decompressing(source)
      #expect(compression == found)
      #expect(try readAll(reader) == sampleText)
    }
  }

  @Test func `a symbolic link stays, and the file it names is replaced`() throws {
    let folder = try TemporaryFolder()
    try #require(mkdir(folder.file("d"), 0o700) == 0)
    try place([1], at: folder.file("d/target"))
    try #require(symlink("d/target", folder.file("link")) == 0)
    try AtomicFile.write(path: folder.file("link")) { (sink) throws(StreamError) in
      try sink.write([2])
    }
    #expect(shell("test -L '\(folder.file("link"))'") == 0)
    #expect(try content(folder.file("d/target")) == [2])
    #expect(folder.names == ["d", "link"])
  }

  @Test func `a device is written to and not replaced`() throws {
    try AtomicFile.write(path: "/dev/null") { (sink) throws(StreamError) in
      try sink.write([UInt8](repeating: 1, count: 100_000))
    }
    #expect(shell("test -c /dev/null") == 0)
    let error = streamError { () throws(StreamError) in
      try AtomicFile.write(path: "/dev/full") { (sink) throws(StreamError) in try sink.write([1]) }
    }
    #expect(error?.kind == .noSpace)
    #expect(shell("test -c /dev/full") == 0)
  }

  @Test func `a long name leaves room for the temporary one`() throws {
    let folder = try TemporaryFolder()
    let name = String(repeating: "é", count: 127)
    try AtomicFile.write(path: folder.file(name)) { (sink) throws(StreamError) in
      try sink.write([1])
    }
    #expect(folder.names == [name])
    let error = streamError { () throws(StreamError) in
      _ = try AtomicFile(path: folder.file(name + "éé")).commit()
    }
    #expect(error?.kind == .system(errno: ENAMETOOLONG))
    #expect(folder.names == [name])
  }

  @Test func `a path that can't be a file is refused`() throws {
    let folder = try TemporaryFolder()
    func kind(_ path: String) -> StreamError.Kind? {
      streamError { () throws(StreamError) in _ = try AtomicFile(path: path) }?.kind
    }
    #expect(kind("") == .notFound)
    #expect(kind("a\0b") == .notFound)
    #expect(kind(folder.path) == .isDirectory)
    #expect(kind(folder.file("a/")) == .isDirectory)
    #expect(kind(folder.file("no/a")) == .notFound)
    #expect(kind("/dev/null/a") == .notFound)
    #expect(folder.names.isEmpty)
  }

  @Test func `a missing folder is named with what to do`() {
    let error = streamError { () throws(StreamError) in
      _ = try AtomicFile(path: "/nonexistent/deep/a.bin")
    }
    #expect(
      error?.description
        == "/nonexistent/deep/a.bin: its directory does not exist: create /nonexistent/deep first")
  }

  @Test func `a relative path is one in the current folder`() throws {
    let name = "falconet-\(UInt64.random(in: .min ... .max))"
    defer { unlink(name) }
    try AtomicFile.write(path: name) { (sink) throws(StreamError) in try sink.write([5]) }
    #expect(try content(name) == [5])
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func `a full disk leaves what was there`() throws {
    let disk = try #require(try SmallDisk(bytes: 128 << 10))
    let path = disk.folder.file("a.gz")
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in try sink.write([1]) }
    let before = try content(path)
    var generator = SeededGenerator(seed: 1)
    let noise = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let error = streamError { () throws(StreamError) in
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in try sink.write(noise) }
    }
    #expect(error?.kind == .noSpace)
    #expect(error?.path == path)
    #expect(error?.remedy.isEmpty == false)
    #expect(disk.folder.names == ["a.gz"])
    #expect(try content(path) == before)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func `a read-only file system is told as such`() throws {
    let disk = try #require(try SmallDisk(bytes: 64 << 10, isReadOnly: true))
    let error = streamError { () throws(StreamError) in
      _ = try AtomicFile(path: disk.folder.file("a"))
    }
    #expect(error?.kind == .readOnly)
  }

  @Test func `processes that write one name at a time leave a whole file`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value: UInt8 in 0..<8 {
        group.addTask {
          for _ in 0..<10 {
            try AtomicFile.write(path: path) { (sink) throws(StreamError) in
              for _ in 0..<10 { try sink.write([UInt8](repeating: value, count: 1000)) }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let bytes = try content(path)
    #expect(bytes.count == 10_000)
    #expect(Set(bytes).count == 1)
    #expect(folder.names == ["a"])
  }
}

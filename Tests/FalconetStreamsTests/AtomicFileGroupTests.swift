import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite struct AtomicFileGroupTests {
  private static func write(
    _ text: [UInt8], _ path: String, to files: AtomicFileGroup
  ) throws(StreamError) {
    try files.write(path: path) { (sink) throws(StreamError) in try sink.write(text) }
  }

  @Test(arguments: [0, 1, 2, 255, 256, 257, 700])
  func `files have their names, content and permissions after the commit`(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    for number in 0..<count {
      try Self.write(Array("content \(number)".utf8), folder.file("f\(number)"), to: files)
    }
    try files.commit()
    #expect(folder.names.count == count)
    for number in 0..<count {
      let content = try readAll(FileSource(path: folder.file("f\(number)")))
      #expect(content == Array("content \(number)".utf8))
      #expect(folder.permissions("f\(number)") == 0o755)
    }
    try files.commit()
  }

  @Test func `the last of several files with one name stays`() throws {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    for number in 0..<300 {
      try Self.write(
        [UInt8(number % 2), UInt8(number / 2)], folder.file("f\(number % 2)"), to: files)
    }
    try files.commit()
    #expect(folder.names == ["f0", "f1"])
    #expect(try readAll(FileSource(path: folder.file("f0"))) == [0, 149])
    #expect(try readAll(FileSource(path: folder.file("f1"))) == [1, 149])
  }

  @Test func `files that are not committed leave nothing behind`() throws {
    let folder = try TemporaryFolder()
    do {
      let files = AtomicFileGroup()
      try Self.write([1], folder.file("a"), to: files)
      #expect(folder.names.count <= 1)
      #expect(folder.names != ["a"])
    }
    #expect(folder.names.isEmpty)
  }

  @Test func `an error names its file, and the other files are put in place`() throws {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    try Self.write([1], folder.file("a"), to: files)
    let missing = streamError { () throws(StreamError) in
      try Self.write([1], folder.file("none/b"), to: files)
    }
    #expect(missing?.kind == .notFound)
    // Its place is taken by a folder before it gets its name.
    try Self.write([1], folder.file("c"), to: files)
    try #require(mkdir(folder.file("c"), 0o700) == 0)
    try Self.write([2], folder.file("d"), to: files)
    let taken = streamError { () throws(StreamError) in try files.commit() }
    #expect(taken?.path == folder.file("c"))
    #expect(folder.names == ["a", "c", "d"])
    try files.commit()
  }

  private static func writeLater(
    _ text: [UInt8], _ path: String, to files: AtomicFileGroup, size: Int = 1
  ) throws(StreamError) {
    try files.writeLater(path: path, permissions: 0o666, size: size) {
      (sink) throws(StreamError) in try sink.write(text)
    }
  }

  @Test func `files that are written later are whole after the commit, the last of a name`() throws
  {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    for number in 0..<700 {
      // Some are large, some written at once, and some names come twice.
      let text = Array("content \(number)".utf8)
      let path = folder.file("f\(number % 600)")
      if number % 7 == 0 {
        try Self.write(text, path, to: files)
      } else {
        try Self.writeLater(text, path, to: files, size: number % 50 == 1 ? 16 << 20 : 1)
      }
    }
    try files.commit()
    #expect(folder.names.count == 600)
    for number in 100..<700 {
      let content = try readAll(FileSource(path: folder.file("f\(number % 600)")))
      #expect(content == Array("content \(number)".utf8))
    }
  }

  @Test func `a file that cannot be written later is named, and the others are there`() throws {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    var errors: [StreamError] = []
    // More than a group, so that the error may come before the commit.
    for number in 0..<300 {
      let path = folder.file(number == 5 ? "missing/f" : "f\(number)")
      do throws(StreamError) { try Self.writeLater([1], path, to: files) } catch {
        errors.append(error)
      }
    }
    try Self.writeLater([1], "/dev/null", to: files)
    do throws(StreamError) { try files.commit() } catch { errors.append(error) }
    #expect(errors.map(\.kind) == [.notFound])
    #expect(errors.first?.path == folder.file("missing/f"))
    #expect(folder.names.count == 299)
    try files.commit()
  }

  @Test func `what the caller throws ends that file alone`() throws {
    let folder = try TemporaryFolder()
    let files = AtomicFileGroup()
    let error = streamError { () throws(StreamError) in
      try files.write(path: folder.file("a")) { (sink) throws(StreamError) in
        try sink.write([1])
        throw StreamError(.noSpace, path: "mine", message: "full")
      }
    }
    #expect(error?.path == "mine")
    #expect(folder.names.isEmpty)
    try Self.write([1], folder.file("b.gz"), to: files)
    try files.commit()
    #expect(folder.names == ["b.gz"])
    let prefix = try Array(readAll(FileSource(path: folder.file("b.gz"))).prefix(4))
    #expect(Compression(prefix: prefix) == .gzip)
  }

  @Test func `devices are written at once and not replaced`() throws {
    let files = AtomicFileGroup()
    try Self.write([1], "/dev/null", to: files)
    let error = streamError { () throws(StreamError) in
      try Self.write([1], "/dev/full", to: files)
    }
    #expect(error?.kind == .noSpace)
    #expect(shell("test -c /dev/null && test -c /dev/full") == 0)
  }
}

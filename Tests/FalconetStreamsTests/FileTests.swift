import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite struct FileTests {
  @Test func `what is written is read back, in pieces of any size`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 8)
    let data = generator.mixedBytes(1_000_000)
    try writeInPieces(data, to: FileSink(path: folder.file("a")), upTo: 50_000, seed: 2)
    let source = try FileSource(path: folder.file("a"))
    #expect(source.size == 1_000_000)
    #expect(try readAll(source, chunk: 77_777) == data)
    #expect(try readAll(source) == [])
  }

  @Test func `a sink empties the file that was there`() throws {
    let folder = try TemporaryFolder()
    for bytes: [UInt8] in [[1, 2, 3], [4]] {
      let sink = try FileSink(path: folder.file("a"))
      try sink.write(bytes)
      try sink.finish()
    }
    #expect(try readAll(FileSource(path: folder.file("a"))) == [4])
  }

  @Test func `a file that can't be read is an error with a remedy`() throws {
    let folder = try TemporaryFolder()
    func error(_ path: String) -> StreamError? {
      streamError { () throws(StreamError) in _ = try FileSource(path: path) }
    }
    let missing = folder.file("none")
    #expect(error(missing)?.description == "\(missing): no such file: check the path")
    #expect(error(folder.path)?.kind == .isDirectory)
    #expect(error("")?.kind == .notFound)
    #expect(error("/etc/passwd\0.bin")?.kind == .notFound)
    #expect(error("/dev/null/x")?.kind == .notFound)
    let output = streamError { () throws(StreamError) in
      _ = try FileSink(path: folder.file("none/a"))
    }
    #expect(output?.kind == .notFound)
  }

  @Test func `a file of another user is a matter of permission`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("secret")
    try writeInPieces([1], to: FileSink(path: path), upTo: 1, seed: 1)
    try #require(chmod(path, 0) == 0)
    // The superuser may read it.
    guard geteuid() != 0 else { return }
    let error = streamError { () throws(StreamError) in _ = try FileSource(path: path) }
    #expect(error?.kind == .permission)
  }

  @Test func `a full device is an error at the byte where it is full`() throws {
    let sink = try FileSink(path: "/dev/full")
    let error = streamError { () throws(StreamError) in try sink.write([1, 2, 3]) }
    #expect(error?.kind == .noSpace)
    #expect(error?.offset == 0)
  }

  @Test func `the standard streams have names`() {
    #expect(StandardInputSource().name == "standard input")
    #expect(StandardOutputSink().name == "standard output")
  }
}

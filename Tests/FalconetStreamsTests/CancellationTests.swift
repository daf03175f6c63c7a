import FalconetStreams
import FalconetTestSupport
import Glibc
import Synchronization
import Testing

@Suite struct CancellationTests {
  /// A pipe's waits, with a cancellation that has a descriptor and with one that is only asked.
  private static let kinds = [true, false]

  @Test(arguments: kinds) func `a wait for a pipe's data ends`(_ hasDescriptor: Bool) throws {
    let request = CancellationRequest(hasDescriptor: hasDescriptor)
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    let source = try FileSource(path: pipe, request.cancellation)
    #expect(source.size == nil)
    let writer = open(pipe, O_WRONLY)
    defer { close(writer) }
    #expect(write(writer, "ab", 2) == 2)
    let reader = ByteReader(source)
    #expect(try reader.readUInt16() == 0x6162)
    Aside(after: 100) { request.make() }
    let error = streamError { () throws(StreamError) in _ = try reader.readUInt8() }
    #expect(error?.kind == .interrupted)
    #expect(error?.path == pipe)
  }

  @Test(arguments: kinds) func `a wait for a pipe's writer ends`(_ hasDescriptor: Bool) throws {
    let request = CancellationRequest(hasDescriptor: hasDescriptor)
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    let source = try FileSource(path: pipe, request.cancellation)
    Aside(after: 100) { request.make() }
    let error = streamError { () throws(StreamError) in _ = try readAll(source) }
    #expect(error?.kind == .interrupted)
  }

  @Test(arguments: kinds) func `a wait for a pipe's reader ends`(_ hasDescriptor: Bool) throws {
    let request = CancellationRequest(hasDescriptor: hasDescriptor)
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    Aside(after: 100) { request.make() }
    let error = streamError { () throws(StreamError) in
      _ = try AtomicFile(path: pipe, request.cancellation)
    }
    #expect(error?.kind == .interrupted)
  }

  @Test(arguments: kinds)
  func `a write to a pipe that nobody empties ends`(_ hasDescriptor: Bool) throws {
    let request = CancellationRequest(hasDescriptor: hasDescriptor)
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let file = try AtomicFile(path: pipe, request.cancellation)
    Aside(after: 100) { request.make() }
    let error = streamError { () throws(StreamError) in
      try file.write([UInt8](repeating: 1, count: 1 << 20))
    }
    #expect(error?.kind == .interrupted)
    #expect(folder.names == ["pipe"])
  }

  @Test func `each of two waits has a cancellation of its own`() throws {
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    let (early, late) = (CancellationRequest(), CancellationRequest(hasDescriptor: false))
    let source = try FileSource(path: pipe, early.cancellation)
    let end = Box()
    let waiting = Aside {
      let error = streamError { () throws(StreamError) in
        _ = try readAll(FileSource(path: pipe, late.cancellation))
      }
      end.kind.withLock { $0 = error?.kind }
    }
    Aside(after: 100) { early.make() }
    let error = streamError { () throws(StreamError) in _ = try readAll(source) }
    #expect(error?.kind == .interrupted)
    #expect(end.kind.withLock { $0 } == nil)
    late.make()
    #expect(waiting.wait())
    #expect(end.kind.withLock { $0 } == .interrupted)
  }

  @Test func `bytes pass through a pipe, and its end is the end`() throws {
    let folder = try TemporaryFolder()
    let pipe = try makePipe(in: folder)
    var generator = SeededGenerator(seed: 3)
    let data = generator.mixedBytes(500_000)
    let source = try FileSource(path: pipe)
    Aside(after: 20) {
      let error = streamError { () throws(StreamError) in
        try AtomicFile.write(path: pipe) { (sink) throws(StreamError) in try sink.write(data) }
      }
      #expect(error == nil)
    }
    #expect(try readAll(source, chunk: 100_000) == data)
  }

  @Test func `a pipe without reader is an error`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_IGN)
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      let reader = open(pipe, O_RDONLY | O_NONBLOCK)
      let file = try AtomicFile(path: pipe)
      close(reader)
      let error = streamError { () throws(StreamError) in try file.write([1]) }
      #expect(error?.kind == .brokenPipe)
    }
  }

  @Test func `a file in hand is written and read to its end`() throws {
    let folder = try TemporaryFolder()
    let request = CancellationRequest()
    request.make()
    let path = folder.file("a")
    let data = [UInt8](repeating: 5, count: 1 << 20)
    try AtomicFile.write(path: path, request.cancellation) { (sink) throws(StreamError) in
      try sink.write(data)
    }
    #expect(try readAll(FileSource(path: path, request.cancellation), chunk: 1 << 16) == data)
  }
}

/// How a wait ended.
private final class Box: Sendable {
  let kind = Mutex<StreamError.Kind?>(nil)
}

/// A named pipe.
private func makePipe(in folder: TemporaryFolder) throws -> String {
  let path = folder.file("pipe")
  try #require(mkfifo(path, 0o600) == 0)
  return path
}

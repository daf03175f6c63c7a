import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// The flag is the process's, so each test has a process of its own.
@Suite struct InterruptionTests {
  @Test func `signals set the flag and wake those who wait, twice too`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      #expect(!Interruption.isRequested)
      #expect(Interruption.descriptor >= 0)
      for signal in [SIGINT, SIGTERM, SIGINT] {
        // To this thread, which goes on once the signal has been handled.
        pthread_kill(pthread_self(), signal)
        #expect(Interruption.isRequested)
        var polled = pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&polled, 1, 0) == 1)
      }
      Interruption.reset()
      #expect(!Interruption.isRequested)
      var polled = pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0)
      #expect(poll(&polled, 1, 0) == 0)
    }
  }

  @Test func `many requests never block`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      for _ in 0..<100_000 { Interruption.request() }
      #expect(Interruption.isRequested)
      Interruption.reset()
      #expect(!Interruption.isRequested)
    }
  }

  @Test func `a wait for a pipe's data ends`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      let source = try FileSource(path: pipe)
      #expect(source.size == nil)
      let writer = open(pipe, O_WRONLY)
      defer { close(writer) }
      #expect(write(writer, "ab", 2) == 2)
      let reader = ByteReader(source)
      #expect(try reader.readUInt16() == 0x6162)
      later { kill(getpid(), SIGTERM) }
      let error = streamError { () throws(StreamError) in _ = try reader.readUInt8() }
      #expect(error?.kind == .interrupted)
      #expect(error?.path == pipe)
    }
  }

  @Test func `a wait for a pipe's writer ends`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      let source = try FileSource(path: pipe)
      later { Interruption.request() }
      let error = streamError { () throws(StreamError) in _ = try readAll(source) }
      #expect(error?.kind == .interrupted)
    }
  }

  @Test func `a wait for a pipe's reader ends`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      later { Interruption.request() }
      let error = streamError { () throws(StreamError) in _ = try AtomicFile(path: pipe) }
      #expect(error?.kind == .interrupted)
    }
  }

  @Test func `a write to a pipe that nobody empties ends`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      let reader = open(pipe, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      let file = try AtomicFile(path: pipe)
      later { Interruption.request() }
      let error = streamError { () throws(StreamError) in
        try file.write([UInt8](repeating: 1, count: 1 << 20))
      }
      #expect(error?.kind == .interrupted)
      #expect(folder.names == ["pipe"])
    }
  }

  @Test func `bytes pass through a pipe, and its end is the end`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      var generator = SeededGenerator(seed: 3)
      let data = generator.mixedBytes(500_000)
      let source = try FileSource(path: pipe)
      later(20) {
        let error = streamError { () throws(StreamError) in
          try AtomicFile.write(path: pipe) { (sink) throws(StreamError) in try sink.write(data) }
        }
        #expect(error == nil)
      }
      #expect(try readAll(source, chunk: 100_000) == data)
    }
  }

  @Test func `a pipe without reader is an error`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      let pipe = try makePipe(in: folder)
      let reader = open(pipe, O_RDONLY | O_NONBLOCK)
      let file = try AtomicFile(path: pipe)
      close(reader)
      let error = streamError { () throws(StreamError) in try file.write([1]) }
      #expect(error?.kind == .brokenPipe)
    }
  }

  @Test func `a file in hand is written and read to its end`() async {
    await #expect(processExitsWith: .success) {
      try begin()
      let folder = try TemporaryFolder()
      Interruption.request()
      let path = folder.file("a")
      let data = [UInt8](repeating: 5, count: 1 << 20)
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in try sink.write(data) }
      #expect(try readAll(FileSource(path: path), chunk: 1 << 16) == data)
    }
  }
}

/// Takes over the signals, and ends a test whose wait does not end.
private func begin() throws {
  try Interruption.install()
  alarm(600)
}

/// Runs `body` on a thread of its own after a while.
private func later(_ milliseconds: UInt32 = 100, _ body: @escaping @Sendable () -> Void) {
  Task.detached {
    usleep(milliseconds * 1000)
    body()
  }
}

/// A named pipe.
private func makePipe(in folder: TemporaryFolder) throws -> String {
  let path = folder.file("pipe")
  try #require(mkfifo(path, 0o600) == 0)
  return path
}

import FalconetELF
import FalconetMachine
import Glibc
import Testing

@Suite struct ELFPathTests {
  /// Calls `body` with a path in a new folder, and removes both.
  private func withPath(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/falconet-elf-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try #require(mkdir(folder, 0o700) == 0)
    let path = folder + "/test.elf"
    defer {
      unlink(path)
      rmdir(folder)
    }
    try body(path)
  }

  private func write(_ bytes: [UInt8], to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
    close(file)
  }

  @Test(arguments: wordSizes)
  func `a file on disk loads as its bytes in memory do`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.segments[0].content = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    try withPath { path in
      write(builder.build(), to: path)
      let elf = try ELFFile(path: path)
      #expect(elf.name == path)
      let fromDisk = try Prestate.load(elf, version: wordSize.version)
      let fromBytes = try Prestate.load(builder.file(), version: wordSize.version)
      #expect(fromDisk.state == fromBytes.state)
      #expect(fromDisk.memory.root() == fromBytes.memory.root())
      #expect(fromDisk.memory.pageIndices == fromBytes.memory.pageIndices)
    }
  }

  @Test func `a file that shrinks while it is open is noticed`() throws {
    let bytes = ELFBuilder(.bits64).build()
    try withPath { path in
      write(bytes, to: path)
      let elf = try ELFFile(path: path)
      write(Array(bytes[..<100]), to: path)
      let error = try elfError { _ = try Prestate.load(elf, version: .v8) }
      #expect(error.kind == .cutShort)
    }
  }

  @Test func `what is no readable file is refused with its path`() throws {
    try withPath { path in
      let missing = try elfError { _ = try ELFFile(path: path) }
      #expect(missing.kind == .unreadable)
      #expect(mkfifo(path, 0o600) == 0)
      let pipe = try elfError { _ = try ELFFile(path: path) }
      #expect(pipe.kind == .unreadable)
      #expect(pipe.file == path)
    }
    for path in ["/tmp", "", "/dev/null", "a\0b"] {
      #expect(try elfError { _ = try ELFFile(path: path) }.kind == .unreadable)
    }
    try withPath { path in
      write([], to: path)
      let empty = try elfError { _ = try ELFFile(path: path) }
      #expect(empty.kind == .notELF)
    }
  }
}

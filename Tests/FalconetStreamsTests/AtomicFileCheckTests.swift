import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite struct AtomicFileCheckTests {
  private func kind(_ path: String) -> StreamError.Kind? {
    do throws(StreamError) {
      try AtomicFile.check(path: path)
      return nil
    } catch { return error.kind }
  }

  @Test func `what can be written passes, and is left as it is`() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a")
    _ = symlink("none", folder.file("dangling"))
    _ = symlink("a", folder.file("link"))
    let longest = String(repeating: "b", count: 255)
    for name in ["a", "new", "dangling", "link", longest] {
      #expect(kind(folder.file(name)) == nil)
    }
    #expect(folder.names == ["a", "dangling", "link"])
    #expect(folder.read("a") == Array("old".utf8))
  }

  @Test func `what cannot be written fails as the write would`() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "a")
    folder.makeFolder("d")
    #expect(kind("") == .notFound)
    #expect(kind(folder.file("none/a")) == .notFound)
    #expect(kind(folder.file("a/b")) == .notFound)
    #expect(kind(folder.file("d")) == .isDirectory)
    #expect(kind(folder.file("new/")) == .isDirectory)
    // The temporary name is shorter.
    let long = folder.file(String(repeating: "b", count: 256))
    #expect(kind(long) == .system(errno: ENAMETOOLONG))
    #expect(folder.names == ["a", "d"])
  }

  @Test func `devices and pipes are not opened`() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder.file("fifo"), 0o600) == 0)
    // Opening it for writing would wait for a reader.
    #expect(kind(folder.file("fifo")) == nil)
    #expect(kind("/dev/null") == nil)
    #expect(kind("/dev/full") == nil)
    #expect(kind("/dev/stderr") == nil)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func `a read-only disk fails, whoever asks`() throws {
    let disk = try #require(try SmallDisk(bytes: 1 << 20, isReadOnly: true))
    #expect(kind(disk.folder.file("a")) == .readOnly)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func `a file that is a mount point cannot be replaced`() throws {
    let folder = try TemporaryFolder()
    for name in ["from", "on to"] { try folder.write("", to: name) }
    let target = folder.file("on to")
    try #require(mount(folder.file("from"), target, nil, UInt(MS_BIND), nil) == 0)
    defer { umount2(target, Int32(MNT_DETACH)) }
    #expect(kind(target) == .system(errno: EBUSY))
    #expect(kind(folder.file("from")) == nil)
  }
}

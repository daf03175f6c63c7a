import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// Links in the way of an output.
@Suite struct OutputPathTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String) throws(StreamError) {
    try AtomicFile.write(path: folder.file(name)) { (sink) throws(StreamError) in
      try sink.write([7])
    }
  }

  @Test func `a link to a file that isn't there yet has it made`() throws {
    folder.makeFolder("d")
    symlink("d/new", folder.file("link"))
    try write("link")
    #expect(folder.read("d/new") == [7])
    #expect(folder.names == ["d", "link"])
  }

  @Test func `a chain of links is followed, and a ring is an error`() throws {
    try folder.write("x", to: "file")
    symlink("file", folder.file("one"))
    symlink(folder.file("one"), folder.file("two"))
    try write("two")
    #expect(folder.read("file") == [7])
    symlink("ring", folder.file("ring"))
    let error = streamError { () throws(StreamError) in try write("ring") }
    #expect(error?.kind == .system(errno: ELOOP))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can make another user's link"))
  func `another user's link in a directory that all may write to is refused`() throws {
    try folder.write("x", to: "secret")
    folder.makeFolder("shared")
    chmod(folder.file("shared"), 0o1777)
    symlink("../secret", folder.file("shared/link"))
    lchown(folder.file("shared/link"), 65500, 65500)
    symlink("shared/link", folder.file("way"))
    for name in ["shared/link", "way"] {
      let error = streamError { () throws(StreamError) in try write(name) }
      #expect(error?.kind == .permission)
      #expect(error?.remedy.isEmpty == false)
    }
    #expect(folder.read("secret") == Array("x".utf8))
    // As the system does: the directory owner's own link is followed, and any without the bit.
    chown(folder.file("shared"), 65500, 65500)
    try write("shared/link")
    chown(folder.file("shared"), 0, 0)
    chmod(folder.file("shared"), 0o777)
    try write("shared/link")
    #expect(folder.read("secret") == [7])
  }
}

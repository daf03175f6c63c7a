import FalconetStreams
import FalconetSystem
import FalconetTestSupport
import Glibc
import SystemPackage
import Testing

/// What a killed process leaves, and who removes it.
@Suite struct UnfinishedNameTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A process that has ended and was waited for.
  private static func gone() throws -> pid_t {
    var child: pid_t = 0
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    try #require(posix_spawnp(&child, "true", nil, nil, arguments, nil) == 0)
    waitpid(child, nil, 0)
    return child
  }

  private func leave(_ mark: ProcessMark, _ stem: String = "a.bin") throws -> String {
    let name = "\(stem).tmp-\(mark.text)-\(String(UInt32.random(in: 1 ... .max), radix: 16))"
    try folder.write("x", to: name)
    return name
  }

  /// Writes a file, as the next process does.
  private func write() throws {
    try AtomicFile.write(path: folder.file("next")) { (sink) throws(StreamError) in
      try sink.write([1])
    }
  }

  // In a process of its own, which has looked through no directory whose number this one has now.
  @Test func `what a process left that is gone is removed, whatever its number is now`() async {
    await #expect(processExitsWith: .success) { try UnfinishedNameTests().removeWhatIsGone() }
  }

  private func removeWhatIsGone() throws {
    var mark = ProcessMark.own
    mark.process = try Self.gone()
    _ = try leave(mark)
    // The number is this process's now, whose start was another moment.
    mark = .own
    mark.start += 1
    _ = try leave(mark)
    // Of another system, whose process must have let go of the lock.
    mark = .own
    mark.place = mark.place == 1 ? 2 : 1
    _ = try leave(mark)
    // A name of bytes that are no UTF-8.
    mark = .own
    mark.process = try Self.gone()
    _ = try leave(mark, String(fileName: [0x61, 0xFF]))
    try write()
    #expect(folder.names == ["next"])
  }

  @Test func `what is being written is left alone, and so is what is nobody's`() throws {
    var kept = [try leave(.own)]
    // Another system's, held by its lock.
    var mark = ProcessMark.own
    mark.place = mark.place == 1 ? 2 : 1
    let held = try leave(mark)
    let descriptor = open(folder.file(held), O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    kept.append(held)
    mark = .own
    mark.process = try Self.gone()
    for name in ["a.tmp-1", "a.tmp-1-2-3", "a.tmp--1-2-3-4", "notes", "\(mark.text)-1"] {
      try folder.write("x", to: name)
      kept.append(name)
    }
    if geteuid() == 0 {
      let name = try leave(mark)
      chown(folder.file(name), 65500, 65500)
      kept.append(name)
    }
    let second = try leave(mark)
    link(folder.file(second), folder.file("second name"))
    kept += [second, "second name"]
    try write()
    #expect(folder.names == (kept + ["next"]).sorted())
  }

  // In a process of its own, which has looked through no directory whose number this one has now.
  @Test func `a directory of a process that is gone is removed with its files`() async {
    await #expect(processExitsWith: .success) { try UnfinishedNameTests().removeDirectory() }
  }

  private func removeDirectory() throws {
    let (path, descriptor) = try UnfinishedName.makeDirectory(
      "work", in: FilePath(fileName: folder.path))
    defer { try? descriptor.close() }
    #expect(folder.permissions(folder.names[0]) == 0o700)
    var mark = ProcessMark.own
    mark.process = try Self.gone()
    let left = "work.tmp-\(mark.text)-a1"
    folder.makeFolder(left)
    try folder.write("x", to: left + "/file")
    // As the pre-images of a shadow lie there, and with names of any bytes.
    folder.makeFolder(left + "/preimages")
    let odd = left + "/preimages/" + String(fileName: [0x61, 0xFF])
    folder.makeFolder(odd)
    try folder.write("x", to: odd + "/file")
    // A link is removed, and not what it leads to.
    folder.makeFolder("elsewhere")
    try folder.write("x", to: "elsewhere/file")
    try #require(symlink(folder.file("elsewhere"), folder.file(left + "/preimages/link")) == 0)
    // Looked through a moment ago, so another directory stands for the next run.
    let elsewhere = try TemporaryFolder()
    try #require(rename(folder.file(left), elsewhere.file(left)) == 0)
    let (next, other) = try UnfinishedName.makeDirectory(
      "work", in: FilePath(fileName: elsewhere.path))
    defer { try? other.close() }
    #expect(elsewhere.names.count == 1)
    #expect(next.fileName == elsewhere.file(elsewhere.names[0]))
    #expect(folder.names.contains("elsewhere") && folder.read("elsewhere/file") == Array("x".utf8))
    #expect(folder.names.map { folder.file($0) }.contains(path.fileName))
  }

  @Test func `marks are read as they are written`() {
    for mark in [
      ProcessMark.own, ProcessMark(process: 1, start: 0, place: 0),
      ProcessMark(process: .max, start: .max, place: .max),
    ] {
      #expect(ProcessMark(mark.text) == mark)
    }
    for text in ["", "1-2", "0-1-1", "-1-1-1", "1-2-3-4", "a-1-1", "1-g-1"] {
      #expect(ProcessMark(text) == nil)
    }
    #expect(ProcessMark.own.life == .runs)
  }
}

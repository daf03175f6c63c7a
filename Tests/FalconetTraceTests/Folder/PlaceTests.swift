import FalconetMachine
import FalconetSnapshots
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

@Suite("Folders that are moved, replaced, or named relative to another", .serialized)
struct PlaceTests {
  private static let options = TraceOptions(snapshotInterval: 200_000)
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// All that a trace's folder holds.
  private func contents(_ name: String) -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for part in ["", "/snapshots", "/proofs", "/quarantine"] {
      for file in TemporaryFolder.names(in: folder.file(name + part)) {
        contents[part + "/" + file] = folder.read(name + part + "/" + file) ?? []
      }
    }
    return contents
  }

  @Test("A folder given by a relative path stays the same one wherever the process goes")
  func relativePath() throws {
    let (hello, oracle) = (try RecordedTrace(.v8, "hello"), try RecordedTrace(.v8, "oracle"))
    folder.makeFolder("a")
    folder.makeFolder("b")
    _ = try TraceProvider(directory: folder.file("b/t"), oracle.source, Self.options).claim(at: 9)
    let other = contents("b/t")
    try Snapshot.save(hello.source.prestate(), path: folder.file("a/prestate.bin"))
    try Snapshot.save(oracle.source.prestate(), path: folder.file("b/prestate.bin"))

    let here = try #require(getcwd(nil, 0))
    defer {
      chdir(here)
      free(here)
    }
    #expect(chdir(folder.file("a")) == 0)
    let source = TraceSource(prestateFile: "prestate.bin", preimages: hello.source.preimages)
    var trace: TraceProvider? = try TraceProvider(directory: "t", source, Self.options)
    #expect(chdir(folder.file("b")) == 0)
    #expect(try source.prestate().state == hello.source.prestate().state)
    for (index, claim) in hello.claims { #expect(try trace?.claim(at: index).claim == claim) }
    _ = try trace?.step(at: 7)
    _ = try trace?.lastStep()
    #expect(contents("b/t") == other)
    trace = nil
    trace = try TraceProvider(directory: folder.file("a/t"), hello.source, Self.options)
    #expect(try trace?.step(at: 7).index == 7 && trace?.status().executedSteps == 0)
    #expect(trace?.incidents == [])
  }

  @Test("What stands in a moved folder's place is never written to")
  func movedFolder() throws {
    let (hello, oracle) = (try RecordedTrace(.v8, "hello"), try RecordedTrace(.v8, "oracle"))
    let path = folder.file("t")
    let trace = try TraceProvider(directory: path, hello.source, Self.options)
    let known = (try trace.claim(at: 100), try trace.step(at: 7))
    #expect(rename(path, folder.file("t2")) == 0)
    let other = try TraceProvider(directory: path, oracle.source, Self.options)
    _ = try other.step(at: 7)
    let (moved, placed) = (contents("t2"), contents("t"))
    for ask in [
      { _ = try trace.claim(at: 300_000) }, { _ = try trace.step(at: 7) },
      { _ = try trace.step(at: 9) }, { _ = try trace.lastStep() }, { try trace.deleteAll() },
      { _ = try trace.claim(at: 200) },
    ] {
      #expect(
        performing: ask,
        throws: { "\($0)".contains("\(path): the directory, or its lock, was moved") })
    }
    #expect(try trace.claim(at: 100) == known.0)
    try? trace.prune()
    #expect(contents("t") == placed && contents("t2") == moved)
    #expect(try other.step(at: 7).index == 7)
    #expect(other.incidents == [])
  }

  @Test("A folder whose lock was replaced, and which another opened, is left to that one")
  func replacedLock() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let path = folder.file("t")
    let trace = try TraceProvider(directory: path, recorded.source, Self.options)
    _ = try trace.claim(at: 100)
    unlink(path + "/lock")
    let other = try TraceProvider(directory: path, recorded.source, Self.options)
    _ = try other.claim(at: 200)
    let before = contents("t")
    #expect(throws: TraceError.self) { try trace.claim(at: 300) }
    #expect(contents("t") == before)
    #expect(try other.claim(at: 300).isPastEnd == false)
  }

  @Test("A folder that was moved away and put back is worked on again")
  func putBack() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let path = folder.file("t")
    let trace = try TraceProvider(directory: path, recorded.source, Self.options)
    #expect(rename(path, folder.file("t2")) == 0)
    #expect(throws: TraceError.self) { try trace.lastStep() }
    #expect(rename(folder.file("t2"), path) == 0)
    #expect(try trace.lastStep().claim == recorded.vector.finalHash)
    for (index, claim) in recorded.claims { #expect(try trace.claim(at: index).claim == claim) }
    #expect(trace.incidents == [])
  }
}

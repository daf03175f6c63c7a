import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

@Suite("Prestates that a folder knows")
struct PrestateTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A source that counts how often the prestate is read, and is known by what `identity` says.
  private func source(
    _ recorded: RecordedTrace, _ reads: Shared<Int>, identity: @escaping @Sendable () -> String?
  ) -> TraceSource {
    let prestate = recorded.source.prestate
    return TraceSource(
      prestate: { () throws(StreamError) in
        reads.withLock { $0 += 1 }
        return try prestate()
      }, identity: identity, preimages: recorded.source.preimages)
  }

  @Test("What is known is answered without the prestate; steps are executed with it, read once")
  func reading() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let reads = Shared(0)
    let source = source(recorded, reads) { "the same" }
    var trace: TraceProvider? = try TraceProvider(directory: folder.path, source)
    let known = (try trace?.claim(at: 1000), try trace?.step(at: 7), try trace?.lastStep())
    #expect(reads.value == 1)
    for _ in 0..<2 {
      trace = nil
      trace = try TraceProvider(directory: folder.path, source)
      #expect(trace?.prestateClaim == recorded.vector.prestateHash)
      #expect(trace?.prestateWitness == recorded.vector.prestateWitness)
      #expect(trace?.version == .v8)
      #expect(try trace?.claim(at: 1000) == known.0 && trace?.step(at: 7) == known.1)
      #expect(try trace?.lastStep() == known.2 && trace?.claim(at: .max).isPastEnd == true)
      #expect(throws: TraceError.self) {
        _ = try TraceProvider(directory: folder.path, source)
      }
    }
    #expect(reads.value == 1)
    for (index, claim) in recorded.claims { #expect(try trace?.claim(at: index).claim == claim) }
    #expect(reads.value == 2)
    #expect(trace?.incidents == [])
  }

  @Test("A prestate with another text, or with none, is read at each opening")
  func identities() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let reads = Shared(0)
    let texts = ["a", nil, "a", "b", "b", String(repeating: "x", count: 1025), nil, "b"]
    let read = [1, 2, 2, 3, 3, 4, 5, 5]
    for (text, count) in zip(texts, read) {
      _ = try TraceProvider(directory: folder.path, source(recorded, reads) { text })
      #expect(reads.value == count)
    }
    // A prestate that changes while it is read is not known afterwards.
    let calls = Shared(0)
    let changing = source(recorded, reads) {
      calls.withLock {
        $0 += 1
        return "call \($0)"
      }
    }
    _ = try TraceProvider(directory: folder.path, changing)
    _ = try TraceProvider(directory: folder.path, source(recorded, reads) { "call 1" })
    #expect(reads.value == 7)
  }

  @Test("Another prestate with the same text is found out before a step is executed")
  func wrongIdentity() throws {
    let (first, second) = (try RecordedTrace(.v8, "hello"), try RecordedTrace(.v8, "oracle"))
    let reads = Shared(0)
    var trace: TraceProvider? = try TraceProvider(
      directory: folder.path, source(first, reads) { "one" },
      TraceOptions(snapshotInterval: 100_000))
    _ = try trace?.lastStep()
    trace = nil
    trace = try TraceProvider(directory: folder.path, source(second, reads) { "one" })
    #expect(throws: TraceError.self) { try trace?.step(at: 300_000) }
    #expect(try trace?.status().executedSteps == 0)
    // And with a text of its own it is another trace's, as the folder of the other was.
    trace = nil
    #expect { try TraceProvider(directory: folder.path, source(second, reads) { "two" }) } throws: {
      if case .otherTrace? = $0 as? TraceError { true } else { false }
    }
    let record = try #require(folder.read("prestate.json"))
    let other = try TemporaryFolder()
    _ = try TraceProvider(directory: other.path, source(second, reads) { "one" })
    try other.write(record, to: "prestate.json")
    let reopened = try TraceProvider(directory: other.path, source(second, reads) { "one" })
    #expect(reopened.prestateClaim == second.vector.prestateHash)
    #expect(reopened.incidents.map(\.path) == [other.file("prestate.json")])
  }

  @Test("A file is known until anything about it changes")
  func files() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let path = folder.file("prestate.bin")
    try Snapshot.save(recorded.source.prestate(), path: path)
    var status = stat()
    #expect(stat(path, &status) == 0)
    let later = status.st_ctim.tv_sec + FileIdentity.settlingTime + 1
    let identity = try #require(FileIdentity(path: path, now: later))
    #expect(FileIdentity(path: path, now: later) == identity)
    for now in [later - 1, status.st_ctim.tv_sec, 0] {
      #expect(FileIdentity(path: path, now: now) == nil)
    }
    #expect(FileIdentity(path: folder.path, now: .max) == nil)
    #expect(FileIdentity(path: folder.file("none"), now: .max) == nil)
    #expect(FileIdentity(path: "/dev/null", now: .max) == nil)
    symlink("prestate.bin", folder.file("link"))
    #expect(FileIdentity(path: folder.file("link"), now: .max) == identity)

    // A byte written in place, with the time of the content's change put back.
    let times = [status.st_atim, status.st_mtim]
    let file = open(path, O_RDWR)
    defer { close(file) }
    var byte: UInt8 = 0
    #expect(pread(file, &byte, 1, 5000) == 1)
    byte ^= 1
    #expect(pwrite(file, &byte, 1, 5000) == 1)
    #expect(futimens(file, times) == 0)
    #expect(FileIdentity(path: path, now: .max) != identity)
    // The byte as it was, and another file in its place.
    byte ^= 1
    #expect(pwrite(file, &byte, 1, 5000) == 1)
    let before = FileIdentity(path: path, now: .max)
    try folder.write(folder.read("prestate.bin") ?? [], to: "other")
    #expect(rename(folder.file("other"), path) == 0)
    #expect(FileIdentity(path: path, now: .max) != before)
  }

  @Test("A prestate in a file that has settled is known, until the file changes")
  func settledFile() throws {
    let (first, second) = (try RecordedTrace(.v8, "hello"), try RecordedTrace(.v8, "oracle"))
    let path = folder.file("prestate.bin.gz")
    try Snapshot.save(first.source.prestate(), path: path)
    let source = TraceSource(prestateFile: path, preimages: first.source.preimages)
    var trusting = SnapshotReading()
    trusting.trustPages = true
    let trusted = TraceSource(prestateFile: path, trusting, preimages: first.source.preimages)
    #expect(source.identity?() == nil)
    _ = try TraceProvider(directory: folder.file("t"), source).claim(at: 1000)
    #expect(folder.read("t/prestate.json") == nil)
    sleep(UInt32(FileIdentity.settlingTime + 1))
    #expect(trusted.identity?() == nil)
    _ = try TraceProvider(directory: folder.file("t"), source).claim(at: 1000)
    let identity = try #require(source.identity?())
    let record = String(decoding: folder.read("t/prestate.json") ?? [], as: UTF8.self)
    #expect(record.contains("\"\(identity)\""))
    try Snapshot.save(second.source.prestate(), path: path)
    #expect(throws: TraceError.self) { try TraceProvider(directory: folder.file("t"), source) }
    unlink(path)
    #expect(throws: TraceError.self) { try TraceProvider(directory: folder.file("t"), source) }
  }
}

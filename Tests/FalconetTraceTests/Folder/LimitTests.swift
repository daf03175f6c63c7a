import FalconetMachine
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

@Suite("Traces within their limits")
struct LimitTests {
  /// Bytes of all files in a folder.
  private func size(_ path: String) -> UInt64 {
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    if status.st_mode & S_IFMT == S_IFREG { return UInt64(status.st_size) }
    return TemporaryFolder.names(in: path).reduce(0) { $0 + size(path + "/" + $1) }
  }

  @Test("The folder is within its budget after every question", arguments: [40, 500, 1_000, 4_000])
  func budget(_ kibibytes: UInt64) throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "oracle")
    let options = TraceOptions(snapshotInterval: 400_000, diskBudget: kibibytes << 10)
    var random = SeededGenerator(seed: 5)
    var trace: TraceProvider? = try TraceProvider(directory: folder.path, recorded.source, options)
    for round in 0..<60 {
      if round % 20 == 0 {
        trace = nil
        // What was quarantined counts.
        try folder.write(random.bytes(30_000), to: round == 0 ? "lock" : "snapshots/foreign")
        trace = try TraceProvider(directory: folder.path, recorded.source, options)
      }
      let (index, claim) = random.pick(recorded.claims)
      #expect(try trace?.claim(at: index).claim == claim)
      if round % 3 == 0 { _ = try trace?.step(at: random.next() % recorded.vector.steps) }
      #expect(try trace?.status().size == size(folder.path))
      #expect(size(folder.path) <= kibibytes << 10, "round \(round)")
    }
    try trace?.prune()
    #expect(try kibibytes < 4_000 || trace?.status().snapshots.isEmpty == false)
  }

  @Test("Step data that has no room is given all the same, and nothing discarded for it")
  func uncachedStep() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    let path = folder.file("t")
    var trace: TraceProvider? = try TraceProvider(directory: folder.file("large"), recorded.source)
    let right = try [1000, 1001, 7].map { try trace?.step(at: $0) }
    trace = try TraceProvider(directory: path, recorded.source, TraceOptions(diskBudget: 1_650))
    for _ in 0..<2 {
      #expect(try [1000, 1001, 7].map { try trace?.step(at: $0) } == right)
      #expect(try trace?.status().claimCount == 5)
    }
    #expect(trace?.incidents.map(\.path) == [path + "/proofs/1000.json.gz"])
    #expect(trace?.incidents.first?.reason.contains("budget of 1650 bytes has no room") == true)
    #expect(TemporaryFolder.names(in: path + "/proofs") == [])
    #expect(TemporaryFolder.names(in: path).contains("prestate.json"))
    #expect(size(path) <= 1_650)
  }

  @Test("A budget that no claim fits into is an error that says so")
  func noBudget() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    let trace = try TraceProvider(
      directory: folder.path, recorded.source, TraceOptions(diskBudget: 220))
    #expect {
      try trace.step(at: 1000)
    } throws: { "\($0)".contains("the disk budget of 220 bytes has no room") }
    #expect {
      try trace.prune()
    } throws: { "\($0)".contains("take more than the disk budget of 220 bytes: raise it") }
  }

  @Test(
    "A state or step data that the disk has no room for fails no question",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    let smallDisk = try #require(try SmallDisk(bytes: 2 << 20))
    let disk = smallDisk.folder.path
    let recorded = try RecordedTrace(.v8, "oracle")
    let options = TraceOptions(snapshotInterval: 400_000)
    let trace = try TraceProvider(directory: disk + "/t", recorded.source, options)
    let large = try TraceProvider(directory: folder.file("t"), recorded.source, options)
    _ = try trace.claim(at: 100)
    #expect(fill(disk + "/ballast"))
    // The log's last page has room for some claims.
    #expect(try trace.claim(at: 2_000_000) == large.claim(at: 2_000_000))
    #expect(try trace.step(at: 2_000_010) == large.step(at: 2_000_010))
    #expect(try trace.status().snapshots == [])
    #expect(trace.incidents.count == 1)
    #expect(trace.incidents.first?.reason.contains("no space left") == true)
    unlink(disk + "/ballast")
    #expect(try trace.claim(at: 3_000_000) == large.claim(at: 3_000_000))
    #expect(try trace.status().snapshots.isEmpty == false)
    #expect(try trace.status().size == size(disk + "/t"))
    // What is logged is proved on a file system that can't be written, too.
    #expect(smallDisk.remount(isReadOnly: true))
    #expect(try trace.step(at: 2_000_010) == large.step(at: 2_000_010))
    #expect(trace.incidents.count == 2)
    expectFailure("read-only") { _ = try trace.step(at: 5) }
  }

  @Test("With little or no memory for states, answers are the same", arguments: [0, 1 << 20])
  func memory(_ bytes: UInt64) throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    let options = TraceOptions(memoryBudget: bytes)
    let trace = try TraceProvider(directory: folder.path, recorded.source, options)
    var random = SeededGenerator(seed: 5)
    for (index, claim) in recorded.claims.shuffled(using: &random) {
      #expect(try trace.claim(at: index).claim == claim)
    }
    if bytes == 0 { #expect(try trace.status().checkpoints == []) }
  }

  @Test(
    "A disk that is full, or read-only, is an error; then there is room, and an answer",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func disks() throws {
    let smallDisk = try #require(try SmallDisk(bytes: 2 << 20))
    let disk = smallDisk.folder.path
    let recorded = try RecordedTrace(.v8, "oracle")
    let options = TraceOptions(snapshotInterval: 1_000_000)
    var trace: TraceProvider? = try TraceProvider(
      directory: disk + "/t", recorded.source, options)
    let known = try trace?.claim(at: 100)

    #expect(fill(disk + "/ballast"))
    expectFailure("no space left") { _ = try trace?.lastStep() }
    #expect(try trace?.claim(at: 100) == known)
    unlink(disk + "/ballast")
    for (index, claim) in recorded.claims.prefix(8) {
      #expect(try trace?.claim(at: index).claim == claim)
    }
    #expect(smallDisk.remount(isReadOnly: false, bytes: 16 << 20))

    #expect(smallDisk.remount(isReadOnly: true), "under an open provider")
    #expect(try trace?.claim(at: 100) == known)
    let step = try #require(recorded.claims.last { $0.index < 5_000_000 })
    expectFailure("read-only") { _ = try trace?.claim(at: step.index - 1) }
    expectFailure("read-only") { _ = try trace?.lastStep() }
    #expect(try trace?.claim(at: 100) == known)
    #expect(smallDisk.remount(isReadOnly: false))
    #expect(try trace?.claim(at: step.index).claim == step.claim)
    #expect(smallDisk.remount(isReadOnly: true))

    trace = nil
    trace = try TraceProvider(directory: disk + "/t", recorded.source, options)
    #expect(try trace?.claim(at: 100) == known)
    expectFailure("read-only") { _ = try trace?.lastStep() }
    expectFailure("read-only") { _ = try TraceProvider(directory: disk + "/u", recorded.source) }
    expectFailure("read-only") { try trace?.deleteAll() }
    #expect(smallDisk.remount(isReadOnly: false))
    trace = nil
    trace = try TraceProvider(directory: disk + "/t", recorded.source, options)
    #expect(try trace?.lastStep().claim == recorded.vector.finalHash)
    #expect(trace?.incidents == [])
    try trace?.deleteAll()
    #expect(TemporaryFolder.names(in: disk) == [])
  }

  /// Writes until there is no room left.
  private func fill(_ path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT, 0o644)
    defer { close(file) }
    let bytes = [UInt8](repeating: 1, count: 4096)
    while write(file, bytes, bytes.count) > 0 {}
    return errno == ENOSPC
  }

  private func expectFailure(_ words: String, _ body: () throws -> Void) {
    #expect(performing: body, throws: { "\($0)".contains(words) })
  }
}

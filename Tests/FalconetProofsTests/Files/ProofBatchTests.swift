import FalconetMachine
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Glibc
import Synchronization
import Testing

@Suite("Batches of proof files")
struct ProofBatchTests {
  private let folder: String

  init() throws {
    var template = Array("/tmp/falconet-batch-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Writes proofs of one after the other step of a program of nothing.
  private func write(_ names: [String]) throws {
    let machine = try MachineImage(.v8, code: Array(repeating: Assembly.nop, count: 900)).machine()
    for name in names {
      try StepProof(try #require(try machine.prove())).save(path: folder + "/" + name)
    }
  }

  private func remove() {
    for name in (try? ProofDirectory.files(folder)) ?? [] { unlink(name) }
    for name in ["a.txt", "kvformat"] { unlink(folder + "/" + name) }
    rmdir(folder)
  }

  @Test("A folder's proofs come in the order of their numbers, other files don't count")
  func order() throws {
    defer { remove() }
    let names = ["9.json", "10.json.gz", "2.json", "100.json", "11.json"]
    try write(names)
    try AtomicFile.write(path: folder + "/a.txt") { (sink) throws(StreamError) in
      try sink.write([1])
    }
    let files = try ProofDirectory.files(folder)
    #expect(
      files.map { $0.dropFirst(folder.count + 1) }
        == ["2.json", "9.json", "10.json.gz", "11.json", "100.json"])
    #expect(try ProofDirectory.files("some/file.json") == ["some/file.json"])
  }

  @Test("An empty folder is an error")
  func empty() throws {
    defer { remove() }
    #expect {
      try ProofDirectory.files(folder)
    } throws: { error in "\(error)".contains(folder) && "\(error)".contains(".json") }
  }

  @Test("Reports come in order, and one bad file does not keep the others from being read")
  func reports() throws {
    defer { remove() }
    let names = (0..<150).map { "\($0).json" }
    try write(names)
    try AtomicFile.write(path: folder + "/70.json") { (sink) throws(StreamError) in
      try sink.write(Array("{}".utf8))
    }
    unlink(folder + "/71.json")
    let paths = names.map { folder + "/" + $0 }
    var reports: [ProofReport] = []
    ProofBatch().verify(paths) { reports.append($0) }
    #expect(reports.map(\.name) == paths)
    #expect(reports.indices.filter { !reports[$0].holds } == [70, 71])
    #expect(reports[5].step == 5)
  }

  @Test("The proofs of an array are numbered; what follows damage is not read")
  func array() throws {
    defer { remove() }
    let proof = StepProof(
      try #require(try MachineImage(.v8, code: [Assembly.nop]).machine().prove()))
    let sink = MemorySink()
    try proof.write(to: sink)
    let element = String(decoding: sink.bytes, as: UTF8.self)
    let good = Array(repeating: element, count: 500).joined(separator: ",")
    let texts = ["[\(good)]", "[\(element), {}, \(element)]", "[]"]
    let batch = ProofBatch { (name) throws(StreamError) in
      MemorySource(Array(texts[Int(name) ?? 0].utf8), name: name)
    }
    var reports: [ProofReport] = []
    batch.verify(["0", "1", "2"]) { reports.append($0) }
    #expect(reports.count == 502)
    #expect(reports.count { !$0.holds } == 1)
    #expect(reports[499].name == "0[499]")
    #expect(reports[500].name == "1[0]")
    #expect(reports[501].name == "1[1]")
    #expect(!reports[501].holds)
  }

  @Test("The version that is asked for counts, whatever the proof says")
  func version() throws {
    var proof = StepProof(
      try #require(try MachineImage(.v5, code: [Assembly.nop]).machine().prove()))
    proof.version = .v5
    let sink = MemorySink()
    try proof.write(to: sink)
    let bytes = sink.bytes
    var reports: [ProofReport] = []
    for version in [nil, StateVersion.v5, .v8] {
      ProofBatch(version: version) { (name) throws(StreamError) in MemorySource(bytes) }
        .verify(["proof"]) { reports.append($0) }
    }
    #expect(reports.map(\.holds) == [true, true, false])
  }

  @Test("A report that throws ends the batch")
  func interruption() throws {
    let opened = Mutex(0)
    let batch = ProofBatch { (name) throws(StreamError) in
      opened.withLock { $0 += 1 }
      return MemorySource([])
    }
    #expect(throws: StreamError.self) {
      try batch.verify((0..<10_000).map { "\($0)" }) { (_) throws(StreamError) in
        throw StreamError(.interrupted, message: "stop")
      }
    }
    #expect(opened.withLock { $0 } < 10_000)
  }
}

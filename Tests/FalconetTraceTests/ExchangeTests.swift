import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("Folders handed to op-challenger and taken over from it")
struct ExchangeTests {
  private static let options = TraceOptions(snapshotInterval: 2_000_000)

  /// A folder as op-challenger keeps it, and the trace that it came from.
  private func exported() throws -> (TemporaryFolder, RecordedTrace, TraceProvider) {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "oracle")
    let trace = try TraceProvider(directory: folder.file("trace"), recorded.source, Self.options)
    for index in [3, 1000, 4_000_000] as [UInt64] { _ = try trace.step(at: index) }
    _ = try trace.lastStep()
    try trace.export(to: folder.file("game"))
    return (folder, recorded, trace)
  }

  @Test("What is exported are op-challenger's files")
  func export() throws {
    let (folder, recorded, trace) = try exported()
    let last = recorded.vector.steps - 1
    #expect(
      TemporaryFolder.names(in: folder.file("game"))
        == ["final.bin.gz", "proofs", "snapshots", "state.json.gz"])
    #expect(
      Set(TemporaryFolder.names(in: folder.file("game/proofs")))
        == Set(["3", "1000", "4000000", "\(last)"].map { $0 + ".json.gz" }))
    let text = try folder.decompressed("game/state.json.gz")
    let words = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace }
    #expect(words == "{\"step\":\(last)}")
    for step in try trace.status().snapshots {
      let image = try Snapshot.load(path: folder.file("game/snapshots/\(step).bin.gz"))
      #expect(image.state.scalars.step == step)
    }
    let final = try Snapshot.load(path: folder.file("game/final.bin.gz"))
    let witness = final.state.witness(memoryRoot: final.memory.root())
    #expect(final.state.claim(witness: witness) == recorded.vector.finalHash)
    let end = try ProofReader(FileSource(path: folder.file("game/proofs/\(last).json.gz"))).next()
    #expect(end?.post == recorded.vector.finalHash && end?.stateData == witness)
    #expect(end?.proofData == [] && end?.step == nil)
  }

  @Test("What was exported is taken over, with nothing executed")
  func adoption() throws {
    let (folder, recorded, trace) = try exported()
    let other = try TraceProvider(directory: folder.file("other"), recorded.source, Self.options)
    let adoption = try other.adopt(from: folder.file("game"))
    #expect(adoption.proofs == 3 && adoption.hasEnd && adoption.refused == [])
    #expect(try other.status().snapshots == trace.status().snapshots)
    for index in [3, 1000, 4_000_000, .max] as [UInt64] {
      #expect(try other.step(at: index) == trace.step(at: index))
    }
    #expect(try other.lastStep() == trace.lastStep())
    #expect(try other.status().executedSteps == 0)
    for (index, claim) in recorded.claims { #expect(try other.claim(at: index).claim == claim) }
  }

  @Test("Another program's files under names that an export uses are rewritten, others left")
  func otherProgram() throws {
    let (folder, recorded, trace) = try exported()
    let last = recorded.vector.steps - 1
    let right = (
      folder.read("game/snapshots/2000000.bin.gz"), folder.read("game/proofs/3.json.gz"),
      folder.read("game/proofs/\(last).json.gz")
    )
    let proofs = (
      try folder.decompressed("game/proofs/3.json.gz"),
      try folder.decompressed("game/proofs/\(last).json.gz")
    )
    // The state of another step, which is another program's as well as any.
    let wrong = try #require(folder.read("game/snapshots/4000000.bin.gz"))
    try folder.write(wrong, to: "game/snapshots/2000000.bin.gz")
    try folder.write("garbage", to: "game/snapshots/4000000.bin.gz")
    try folder.write(right.2 ?? [], to: "game/proofs/3.json.gz")
    try folder.write(right.1 ?? [], to: "game/proofs/\(last).json.gz")
    try folder.write("mine", to: "game/snapshots/17.bin.gz")
    try trace.export(to: folder.file("game"))
    #expect(try folder.decompressed("game/proofs/3.json.gz") == proofs.0)
    #expect(try folder.decompressed("game/proofs/\(last).json.gz") == proofs.1)
    #expect(folder.read("game/snapshots/17.bin.gz") == Array("mine".utf8))
    for step in [2_000_000, 4_000_000] as [UInt64] {
      let image = try Snapshot.load(path: folder.file("game/snapshots/\(step).bin.gz"))
      let witness = image.state.witness(memoryRoot: image.memory.root())
      #expect(try image.state.claim(witness: witness) == trace.claim(at: step - 1).claim)
    }
    // What is right is left as it is.
    let inode = folder.inode("game/snapshots/2000000.bin.gz")
    try trace.export(to: folder.file("game"))
    #expect(folder.inode("game/snapshots/2000000.bin.gz") == inode && inode != nil)
  }

  @Test("A trace's own folder, and what is in it, is neither exported to nor adopted from")
  func ownFolder() throws {
    let (folder, _, trace) = try exported()
    symlink("trace", folder.file("link"))
    folder.makeFolder("linked")
    symlink("../trace/proofs", folder.file("linked/proofs"))
    let before = try trace.status()
    for path in ["trace", "trace/", "trace/proofs", "trace/new", "link/snapshots", "linked"] {
      #expect(path != "trace/new" || access(folder.file(path), F_OK) != 0)
      expectOwn { try trace.export(to: folder.file(path)) }
      if path != "trace/new" {
        expectOwn { _ = try trace.adopt(from: folder.file(path)) }
      }
    }
    #expect(TemporaryFolder.names(in: folder.file("linked")) == ["proofs"])
    #expect(try trace.status() == before && trace.incidents == [])
    try trace.export(to: folder.file("trace2"))
  }

  private func expectOwn(_ body: () throws -> Void) {
    #expect(performing: body, throws: { "\($0)".contains("it is the trace's own directory") })
  }

  @Test("A path that is empty, or names no directory, is an error that says so")
  func paths() throws {
    let (folder, recorded, trace) = try exported()
    try folder.write("text", to: "file")
    symlink("game", folder.file("link"))
    func expect(_ text: String, _ body: () throws -> Void) {
      #expect(performing: body, throws: { "\($0)".contains(text) })
    }
    expect("file: it is not a directory") { _ = try trace.adopt(from: folder.file("file")) }
    expect("none: the directory does not exist") { _ = try trace.adopt(from: folder.file("none")) }
    let empty = "the name of a directory is empty: give the directory's path"
    expect(empty) { _ = try trace.adopt(from: "") }
    expect(empty) { try trace.export(to: "") }
    expect(empty) { try TraceProvider.deleteAll(directory: "") }
    expect(empty) { _ = try TraceProvider(directory: "", recorded.source) }
    #expect(try trace.adopt(from: folder.file("link")).refused == [])
  }

  @Test("An export that fails leaves no directory that it made")
  func failedExport() throws {
    let (folder, recorded, _) = try exported()
    var source = recorded.source
    source.preimages = { () throws(PreimageError) in throw PreimageError(.unreadable, message: "no")
    }
    let trace = try TraceProvider(directory: folder.file("trace"), source, Self.options)
    folder.makeFolder("mine")
    folder.makeFolder("mine/proofs")
    for name in ["new", "mine"] {
      #expect(throws: TraceError.self) { try trace.export(to: folder.file(name)) }
    }
    #expect(access(folder.file("new"), F_OK) != 0)
    #expect(TemporaryFolder.names(in: folder.file("mine")) == ["proofs"])
  }

  @Test("What is adopted displaces no step data, and what has no room is left out and named")
  func adoptionWithoutRoom() throws {
    let (folder, recorded, _) = try exported()
    let path = folder.file("small")
    var trace: TraceProvider? = try TraceProvider(directory: path, recorded.source)
    let known = [5, 6, 7, 8] as [UInt64]
    for index in known { _ = try trace?.step(at: index) }
    let size = try #require(trace?.status().size)
    trace = nil
    let options = TraceOptions(snapshotInterval: 2_000_000, diskBudget: size + 6_000)
    let small = try TraceProvider(directory: path, recorded.source, options)
    let adoption = try small.adopt(from: folder.file("game"))
    #expect(try small.status().size <= size + 6_000)
    #expect(try adoption.proofs >= 1 && small.status().snapshots == [])
    #expect(
      adoption.refused.contains {
        $0.path == folder.file("game/snapshots/2000000.bin.gz") && $0.reason.contains("no room")
      })
    for index in known { #expect(try small.step(at: index).index == index) }
    #expect(try small.status().executedSteps == 0)
    #expect(folder.read("small/prestate.json") != nil)
  }

  @Test("The end is taken over from the last state alone, too")
  func finalState() throws {
    let (folder, recorded, trace) = try exported()
    let last = recorded.vector.steps - 1
    try folder.write(folder.read("game/final.bin.gz") ?? [], to: "final")
    let game = try TemporaryFolder()
    try game.write(folder.read("game/final.bin.gz") ?? [], to: "final.bin.gz")
    let other = try TraceProvider(directory: folder.file("other"), recorded.source, Self.options)
    #expect(try other.adopt(from: game.path).hasEnd == false)
    try game.write("{\"step\":\(last)}", to: "state.json.gz")
    #expect(try other.adopt(from: game.path).hasEnd)
    #expect(try other.lastStep() == trace.lastStep())
  }

  @Test("What is wrong or of another trace is left out, with the reason")
  func refusals() throws {
    let (folder, recorded, _) = try exported()
    let proof = try #require(folder.read("game/proofs/3.json.gz"))
    try folder.write(proof, to: "game/proofs/4.json.gz")
    try folder.write("garbage", to: "game/proofs/5.json.gz")
    let state = folder.read("game/snapshots/2000000.bin.gz") ?? []
    try folder.write(state, to: "game/snapshots/9.bin.gz")
    try folder.write("garbage", to: "game/snapshots/10.bin.gz")
    try folder.write("garbage", to: "game/snapshots/notes.bin.gz")
    let other = try TraceProvider(directory: folder.file("other"), recorded.source, Self.options)
    let adoption = try other.adopt(from: folder.file("game"))
    #expect(
      adoption.refused.map(\.path)
        == ["proofs/4.json.gz", "proofs/5.json.gz", "snapshots/9.bin.gz", "snapshots/10.bin.gz"]
        .map { folder.file("game/" + $0) })
    for (index, claim) in recorded.claims { #expect(try other.claim(at: index).claim == claim) }

    // A trace with other pre-images is found out by what is known.
    let invalid = try RecordedTrace(.v8, "oracle-invalid")
    let known = try TraceProvider(directory: folder.file("invalid"), invalid.source, Self.options)
    for step in [3, 1000, 4_000_000] as [UInt64] { _ = try known.claim(at: step) }
    let early = try known.claim(at: 3).claim == other.claim(at: 3).claim
    let refused = try known.adopt(from: folder.file("game")).refused.map(\.path)
    #expect(refused.contains(folder.file("game/proofs/4000000.json.gz")))
    #expect(early != refused.contains(folder.file("game/proofs/3.json.gz")))
    #expect(throws: TraceError.self) { try other.adopt(from: folder.file("nothing")) }
  }
}

extension TemporaryFolder {
  /// The number of a file in its file system; nil if there is none.
  fileprivate func inode(_ name: String) -> UInt64? {
    var status = stat()
    return stat(file(name), &status) == 0 ? UInt64(status.st_ino) : nil
  }
}

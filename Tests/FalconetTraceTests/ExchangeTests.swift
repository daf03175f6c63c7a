import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Keccak
import Testing

@Suite("Folders handed to op-challenger and taken over from it")
struct ExchangeTests {
  private static let options = TraceOptions(snapshotInterval: 2_000_000)

  /// A folder as op-challenger keeps it, and the trace that it came from.
  private func exported() throws -> (TemporaryFolder, RecordedTrace, TraceProvider) {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "oracle")
    let trace = try TraceProvider(folder: folder.file("trace"), recorded.source, Self.options)
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
    let other = try TraceProvider(folder: folder.file("other"), recorded.source, Self.options)
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

  @Test("The end is taken over from the last state alone, too")
  func finalState() throws {
    let (folder, recorded, trace) = try exported()
    let last = recorded.vector.steps - 1
    try folder.write(folder.read("game/final.bin.gz") ?? [], to: "final")
    let game = try TemporaryFolder()
    try game.write(folder.read("game/final.bin.gz") ?? [], to: "final.bin.gz")
    let other = try TraceProvider(folder: folder.file("other"), recorded.source, Self.options)
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
    let other = try TraceProvider(folder: folder.file("other"), recorded.source, Self.options)
    let adoption = try other.adopt(from: folder.file("game"))
    #expect(
      adoption.refused.map(\.path)
        == ["proofs/4.json.gz", "proofs/5.json.gz", "snapshots/9.bin.gz", "snapshots/10.bin.gz"]
        .map { folder.file("game/" + $0) })
    for (index, claim) in recorded.claims { #expect(try other.claim(at: index).claim == claim) }

    // A trace with other pre-images is found out by what is known.
    let invalid = try RecordedTrace(.v8, "oracle-invalid")
    let known = try TraceProvider(folder: folder.file("invalid"), invalid.source, Self.options)
    for step in [3, 1000, 4_000_000] as [UInt64] { _ = try known.claim(at: step) }
    let early = try known.claim(at: 3).claim == other.claim(at: 3).claim
    let refused = try known.adopt(from: folder.file("game")).refused.map(\.path)
    #expect(refused.contains(folder.file("game/proofs/4000000.json.gz")))
    #expect(early != refused.contains(folder.file("game/proofs/3.json.gz")))
    #expect(throws: TraceError.self) { try other.adopt(from: folder.file("nothing")) }
  }
}

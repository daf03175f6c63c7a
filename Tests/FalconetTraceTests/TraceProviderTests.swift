import FalconetMachine
import FalconetTestSupport
import FalconetTrace
import Testing

@Suite("Traces that manage themselves")
struct TraceProviderTests {
  private static let options = TraceOptions(snapshotInterval: 2_000_000)

  @Test(
    "Every recorded claim, in random order, then from a restarted provider",
    arguments: [(StateVersion.v8, "oracle"), (.v8, "threads"), (.v2, "hello"), (.v5, "threads")])
  func claims(_ version: StateVersion, _ guest: String) throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(version, guest)
    var random = SeededGenerator(seed: 7)
    for round in 0..<2 {
      let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
      #expect(trace.prestateClaim == recorded.vector.prestateHash)
      #expect(trace.prestateWitness == recorded.vector.prestateWitness)
      for (index, claim) in recorded.claims.shuffled(using: &random) {
        #expect(try trace.claim(at: index).claim == claim, "index \(index)")
      }
      let end = try trace.lastStep()
      #expect(end.index == recorded.vector.steps - 1)
      #expect(end.claim == recorded.vector.finalHash)
      #expect(end.witness == recorded.vector.finalWitness)
      for past in [end.index + 1, 1 << 40, .max] {
        let claim = try trace.claim(at: past)
        #expect(claim.claim == end.claim && claim.isPastEnd && claim.index == past)
        let step = try trace.step(at: past)
        #expect(step.index == end.index && step.isPastEnd && step.proof.proofData.isEmpty)
        #expect(step.proof.stateData == end.witness)
      }
      #expect(trace.incidents == [])
      // What is known is not executed again.
      if round == 1 { #expect(try trace.status().executedSteps == 0) }
    }
  }

  @Test("A bisection executes at most twice the trace")
  func bisection() throws {
    let recorded = try RecordedTrace(.v8, "threads")
    let length = recorded.vector.steps
    for seed in 0..<UInt64(4) {
      let folder = try TemporaryFolder()
      let trace = try TraceProvider(directory: folder.path, recorded.source)
      var random = SeededGenerator(seed: seed)
      try trace.bisect(to: random.next() % length, depth: 30)
      #expect(try trace.status().executedSteps <= 2 * length, "seed \(seed)")
    }
  }

  @Test("A folder of another trace is refused, and so is one that is in use")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    var trace: TraceProvider? = try TraceProvider(directory: folder.path, recorded.source)
    #expect(throws: TraceError.self) {
      _ = try TraceProvider(directory: folder.path, recorded.source)
    }
    #expect(try trace?.claim(at: 3).isPastEnd == false)
    trace = nil
    #expect(throws: TraceError.self) {
      _ = try TraceProvider(directory: folder.path, RecordedTrace(.v7, "hello").source)
    }
    _ = try TraceProvider(directory: folder.path, recorded.source)
  }
}

import FalconetMachine
import FalconetTestSupport
import FalconetTrace
import Keccak
import Testing

@Suite("Everything that was recorded, asked of traces", .serialized)
struct RecordedAnswerTests {
  /// 32- and 64-bit guests, one thread and many; all that are recorded in the long suite.
  private static let runs =
    isLongRun
    ? Fixtures.recordedRuns
    : [
      (.v2, "hello"), (.v3, "hello"), (.v5, "hello"), (.v8, "entropy"), (.v8, "oracle"),
    ].map { RecordedRun(version: $0, guest: $1) }

  /// Some states of each trace are saved, and few of the large ones.
  private func options(_ recorded: RecordedTrace) -> TraceOptions {
    TraceOptions(snapshotInterval: recorded.vector.steps / 8)
  }

  /// A question whose answer was recorded.
  private enum Question {
    case claim(index: UInt64, Bytes32, isPastEnd: Bool)
    case step(ProofVector)

    func ask(_ trace: TraceProvider) throws {
      switch self {
      case .claim(let index, let claim, let isPastEnd):
        let answer = try trace.claim(at: index)
        #expect(answer.index == index && answer.claim == claim && answer.isPastEnd == isPastEnd)
      case .step(let recorded):
        let answer = try trace.step(at: recorded.step)
        #expect(answer.index == recorded.step && !answer.isPastEnd)
        #expect(answer.claim == recorded.post && answer.proof.pre == recorded.pre)
        #expect(answer.proof.stateData == recorded.stateData)
        #expect(answer.proof.oracleKey == recorded.oracleKey)
        #expect(answer.proof.oracleValue == recorded.oracleValue ?? [])
        #expect(answer.proof.oracleOffset == recorded.oracleOffset ?? 0)
        #expect(isSame(answer.proof.proofData, recorded.proofData, trace.version))
      }
    }

    /// Slots of data that a step doesn't use are zeros here, and anything in the recording.
    private func isSame(_ data: [UInt8], _ recorded: [UInt8], _ version: StateVersion) -> Bool {
      let slotBytes = version.wordSize == .bits32 ? 896 : 1920
      let start = recorded.count - (version.isSingleThreaded ? 1 : 2) * slotBytes
      guard data.count == recorded.count, data[..<start] == recorded[..<start] else { return false }
      return stride(from: start, to: data.count, by: slotBytes).allSatisfy { slot in
        let bytes = data[slot..<slot + slotBytes]
        return bytes == recorded[slot..<slot + slotBytes] || bytes.allSatisfy { $0 == 0 }
      }
    }
  }

  private func questions(_ run: RecordedRun, _ recorded: RecordedTrace) throws -> [Question] {
    let last = recorded.vector.steps - 1
    let claims = recorded.claims + [(last, recorded.vector.finalHash)]
    let past = [last + 1, last + 2, 1 << 40, .max].map { ($0, recorded.vector.finalHash) }
    let isProved = Fixtures.recordedProofs.contains {
      $0.version == run.version && $0.guest == run.guest
    }
    let proofs = isProved ? try Fixtures.proofs(run.version, run.guest) : []
    #expect(proofs.count > 40 || !isProved)
    return (claims + past).map { index, claim in
      .claim(index: index, claim, isPastEnd: index > last)
    } + proofs.map { .step($0) }
  }

  @Test(
    "In random order: of a fresh provider, a restarted one, and eight threads at once",
    arguments: runs)
  func randomOrder(_ run: RecordedRun) async throws {
    let recorded = try RecordedTrace(run.version, run.guest)
    let questions = try questions(run, recorded)
    var random = SeededGenerator(seed: 23)
    let folder = try TemporaryFolder()
    for isRestarted in [false, true] {
      let trace = try TraceProvider(
        directory: folder.file("one"), recorded.source, options(recorded))
      for question in questions.shuffled(using: &random) { try question.ask(trace) }
      #expect(try trace.status().executedSteps == 0 || !isRestarted)
      #expect(trace.incidents == [])
    }
    for isRestarted in [false, true] {
      let (source, options) = (recorded.source, options(recorded))
      let trace = try TraceProvider(directory: folder.file("eight"), source, options)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          let order = questions.shuffled(using: &random)
          group.addTask { for question in order { try question.ask(trace) } }
        }
        try await group.waitForAll()
      }
      #expect(try trace.status().executedSteps == 0 || !isRestarted)
      #expect(trace.incidents == [])
    }
  }

  @Test("In one pass: answers come in the order of the questions", arguments: runs)
  func onePass(_ run: RecordedRun) throws {
    let recorded = try RecordedTrace(run.version, run.guest)
    var random = SeededGenerator(seed: 29)
    let folder = try TemporaryFolder()
    let trace = try TraceProvider(directory: folder.path, recorded.source, options(recorded))
    let claims = (recorded.claims + recorded.claims.prefix(3)).shuffled(using: &random)
    #expect(try trace.claims(at: claims.map(\.index)).map(\.claim) == claims.map(\.claim))
    let proofs = try? Fixtures.proofs(run.version, run.guest).shuffled(using: &random)
    let steps = try trace.stepData(at: proofs?.map(\.step) ?? [])
    #expect(steps.map(\.index) == proofs?.map(\.step) ?? [])
    #expect(steps.map(\.claim) == proofs?.map(\.post) ?? [])
    #expect(try trace.claims(at: []) == [] && trace.stepData(at: []) == [])
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Testing

/// Claims at indices in random order, against the plain step from the start.
@Suite("The order of questions does not matter")
struct QuestionOrderTests {
  private static func source(_ image: MachineImage) -> TraceSource {
    TraceSource(
      prestate: { () throws(StreamError) in
        do { return MemoryImage(state: image.state, memory: try image.memory()) } catch {
          throw StreamError(.tooLarge, message: "\(error)")
        }
      }, preimages: { NoPreimages() })
  }

  @Test(
    "Programs that change themselves and reserve words", arguments: StateVersion.allCases)
  func random(_ version: StateVersion) throws {
    for seed in 0..<UInt64(isLongRun ? 300 : 3) {
      let image = LoopProgram.image(version, seed: seed)
      let plain = try PlainTrace(image, steps: 1000)
      for engine in EngineKind.allCases {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
          let trace = try TraceProvider(
            directory: folder.path, Self.source(image),
            TraceOptions(snapshotInterval: 300, engine: engine))
          for count in plain.questions(15, using: &random) where count > 0 {
            let index = UInt64(count - 1)
            let place: Comment =
              "version \(version.rawValue), seed \(seed), \(engine), index \(index)"
            let claim = try trace.claim(at: index).claim
            #expect(claim == plain.claims[count], place)
            if random.chance(4) {
              let proof = try trace.step(at: index).proof
              #expect(proof.pre == plain.claims[count - 1], place)
              #expect(proof.post == plain.claims[count], place)
            }
          }
          #expect(trace.incidents == [])
        }
      }
    }
  }

  @Test(
    "A page that changes its own code, asked at 50, 900 and 52", arguments: StateVersion.allCases)
  func selfModification(_ version: StateVersion) throws {
    try ask(.selfModifying(version), [50, 900, 52])
  }

  @Test("A reserved word, asked at 50, 450 and 400", arguments: StateVersion.allCases)
  func reservation(_ version: StateVersion) throws {
    try ask(.reserving(version), [50, 450, 400])
  }

  private func ask(
    _ image: MachineImage, _ indices: [Int], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let plain = try PlainTrace(image, steps: 1000)
    for engine in EngineKind.allCases {
      let folder = try TemporaryFolder()
      let trace = try TraceProvider(
        directory: folder.path, Self.source(image), TraceOptions(engine: engine))
      for index in indices where index + 1 < plain.claims.count {
        #expect(
          try trace.claim(at: UInt64(index)).claim == plain.claims[index + 1],
          "\(engine), index \(index)", sourceLocation: sourceLocation)
      }
    }
  }
}

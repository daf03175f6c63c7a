import FalconetBisect
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@Suite("Finding the step at which two runs part")
struct BisectionTests {
  private let folder: WorkDirectory
  private let oracle: DictionaryOracle

  init() throws {
    folder = try WorkDirectory()
    oracle = DictionaryOracle(try Fixtures.preimages("oracle-valid"))
  }

  private func machine(_ version: StateVersion, _ guest: String) throws -> Machine {
    let prestate = try Fixtures.prestate(version, guest)
    return Machine(state: prestate.state, memory: prestate.memory, oracle: oracle)
  }

  private func side(
    _ version: StateVersion, _ guest: String, name: String = "A", engine: EngineKind = .translator
  ) throws -> MachineSide {
    let prestate = try Fixtures.prestate(version, guest)
    return MachineSide(
      name: name, image: MemoryImage(state: prestate.state, memory: prestate.memory),
      oracle: oracle, engine: engine, folder: folder)
  }

  /// The bounds on what a search may cost.
  private func expectBounds(_ a: any BisectSide, _ b: any BisectSide, trace: UInt64) {
    let logarithm = UInt64.bitWidth - (trace - 1).leadingZeroBitCount
    for side in [a, b] {
      #expect(side.claimCount <= 2 * logarithm + 10, "\(side.name): \(side.claimCount) claims")
    }
    #expect(a.executed + b.executed <= 3 * trace + 2, "\(a.executed) and \(b.executed) steps")
  }

  @Test("A fault planted at a random step is found within the bounds, 20 of 20", arguments: 0..<20)
  func planted(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let version = random.pick(StateVersion.allCases)
    let trace = try Fixtures.vector(version, "hello").steps
    // Small steps as likely as large ones.
    let base = trace >> UInt64(random.below(20))
    let noise = random.next() % 1000
    let step = base > noise + 1 ? base - noise - 1 : 1
    let a = try side(version, "hello")
    let b = PlantedSide(try machine(version, "hello"), fault: step, oracle: oracle)
    let outcome = try Bisection(a, b).find()
    guard case .differs(let last, let first, _, _) = outcome else {
      Issue.record("version \(version.rawValue), step \(step): \(outcome)")
      return
    }
    #expect(first == step && last == step - 1)
    let divergence = try Divergence(at: last, a, b)
    #expect(divergence.a.verdict?.holds == true)
    #expect(divergence.b.verdict?.reason == "post")
    #expect(divergence.instruction != nil || version.hasBlockingFutexes)
    let items = try #require(divergence.difference).items
    #expect(items.count == 1)
    #expect(items.first?.place.hasSuffix("k0") == true)
    expectBounds(a, b, trace: trace)
  }

  @Test("Runs that are the same are compared to their end", arguments: [StateVersion.v2, .v8])
  func same(_ version: StateVersion) throws {
    let trace = try Fixtures.vector(version, "hello").steps
    let a = try side(version, "hello")
    let b = try side(version, "hello", name: "B")
    guard case .same(_, ended: true) = try Bisection(a, b).find() else {
      Issue.record("they differ")
      return
    }
    #expect(a.executed == trace && b.executed == trace)
    expectBounds(a, b, trace: trace)
  }

  @Test("A limit ends the comparison")
  func limit() throws {
    let a = try side(.v8, "hello")
    let b = PlantedSide(try machine(.v8, "hello"), fault: 5001, oracle: oracle)
    #expect(try Bisection(a, b).find(until: 5000) == .same(until: 5000, ended: false))
  }

  @Test("States that differ from the start on, versions and starts that don't fit")
  func start() throws {
    let a = try side(.v8, "hello")
    guard case .differsAtStart = try Bisection(a, side(.v8, "oracle")).find() else {
      Issue.record("no difference")
      return
    }
    #expect(throws: BisectError.self) { try Bisection(a, side(.v7, "hello")) }
    let later = try machine(.v8, "hello")
    _ = try later.run(until: 10)
    let b = MachineSide(
      name: "B", image: MemoryImage(later), oracle: oracle, folder: folder)
    #expect(throws: BisectError.self) { try Bisection(a, b) }
  }

  @Test("A run that fails when the other goes on parts with it there")
  func failing() throws {
    // The second program has an illegal instruction where the first has none that shows.
    let code = Array(repeating: Assembly.nop, count: 100)
    var images = [MachineImage(.v8, code: code), MachineImage(.v8, code: code)]
    // It reads a pre-image past its end: the oracles differ, the states don't.
    for index in images.indices {
      images[index].write(words: [Assembly.syscall], at: 0x1000 + 4 * 37)
      images[index][register: 2] = 5000
      images[index][register: 4] = 5
      images[index][register: 5] = 0x8000
      images[index][register: 6] = 4
      images[index].state.scalars.preimageKey = PreimageKey.local(1)
      images[index].state.scalars.preimageOffset = 9
    }
    func side(_ name: String, _ data: [UInt8], _ image: MachineImage) throws -> MachineSide {
      var oracle = DictionaryOracle()
      oracle.insert(local: 1, data)
      return MachineSide(
        name: name, image: MemoryImage(state: image.state, memory: try image.memory()),
        oracle: oracle, folder: folder)
    }
    let a = try side("A", [1, 2, 3], images[0])
    let b = try side("B", [1], images[1])
    let outcome = try Bisection(a, b).find(until: 90)
    guard case .differs(last: 37, first: 38, _, let claim) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    guard case .failed(let reason) = claim.value else {
      Issue.record("no failure")
      return
    }
    #expect(reason.contains("pre-image"))
    let divergence = try Divergence(at: 37, a, b)
    #expect(divergence.b.step.failure == reason)
    #expect(divergence.a.verdict?.findings.first?.execution?.readsPreimage == true)
    #expect(divergence.difference == nil)
  }

  @Test("A list of claims narrows the difference down to what it lists")
  func list() throws {
    let steps: [UInt64] = [0, 10, 5_000, 20_000, 20_001, 90_000]
    let machine = try machine(.v8, "hello")
    var lines = "# recorded\n\n"
    for step in steps {
      _ = try machine.run(until: step)
      var claim = machine.claim()
      if step > 20_000 { claim[9] ^= 1 }
      lines += "\(step) \(claim)  # at \(step)\n"
    }
    for (text, expected) in [
      (lines, (20_000, 20_001)),
      (lines.replacing("20001 ", with: "#"), (20_000, 90_000)),
    ] {
      let b = try ClaimsSide(name: "B", MemorySource(Array(text.utf8), name: "claims"))
      let outcome = try Bisection(side(.v8, "hello"), b).find()
      guard case .differs(let last, let first, _, _) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect((last, first) == (UInt64(expected.0), UInt64(expected.1)))
    }
  }

  @Test("Lists have claims of any size")
  func sizes() throws {
    for digits in [2, 16, 128] {
      let claims = (0..<4).map { String(repeating: "\($0)", count: digits) }
      let lists = try [claims, claims.dropLast() + [claims[0]]].map { claims in
        let text = claims.enumerated().map { "\($0.offset) 0x\($0.element)\n" }.joined()
        return try ClaimsSide(name: "list", MemorySource(Array(text.utf8), name: "claims"))
      }
      guard case .differs(2, 3, _, _) = try Bisection(lists[0], lists[1]).find() else {
        Issue.record("\(digits) digits")
        continue
      }
    }
  }

  @Test(
    "A file that is no list of claims is an error that names the line",
    arguments: [
      ("", "no claims"), ("5", "line 1"), ("0 0x0", "line 1"), ("\nx 0x\(zeros)", "line 2"),
      ("1 \(zeros)\n1 \(zeros)", "line 2 repeats"), ("-1 \(zeros)", "line 1"),
      ("0 0x", "line 1"), ("1 00\n2 0000", "line 2 has a claim of 2 bytes"),
      ("1 \(zeros) 3", "line 1"), ("18446744073709551616 \(zeros)", "line 1"),
    ])
  func badList(_ text: String, _ part: String) {
    #expect {
      try ClaimsSide(name: "B", MemorySource(Array(text.utf8), name: "claims"))
    } throws: { error in "\(error)".contains(part) && "\(error)".contains("claims") }
  }
}

private let zeros = String(repeating: "0", count: 64)

extension ProofVerifier.Verdict {
  fileprivate var reason: String? { findings.compactMap { $0.fault?.reason }.first }
}

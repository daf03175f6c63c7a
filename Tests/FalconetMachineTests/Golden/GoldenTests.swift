import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

@Suite("Golden values of the reference machine")
struct GoldenTests {
  @Test("The small program has the recorded claims", arguments: StateVersion.allCases)
  func smallProgram(_ version: StateVersion) throws {
    for engine in EngineKind.allCases {
      let is32 = version.wordSize == .bits32
      var image = MachineImage(
        version, code: is32 ? GoldenProgram.words32 : GoldenProgram.words64)
      image.state.scalars.heap = 0x2000_0000
      let machine = try image.machine(engine)
      for (step, claim) in zip(GoldenProgram.steps, GoldenProgram.claims(version)) {
        _ = try machine.run(until: step)
        #expect(machine.step == step)
        #expect(machine.claim() == Bytes32(hex: claim), "after \(step) steps, engine \(engine)")
      }
      #expect(machine.hasExited)
      #expect(machine.state.status == .invalid)
    }
  }

  @Test("Claims of the empty states", arguments: StateVersion.allCases)
  func emptyState(_ version: StateVersion) throws {
    let claim = GoldenProgram.emptyClaim(version)
    #expect(try MachineImage(version, at: 0).machine().claim() == Bytes32(hex: claim))
  }

  /// Bytes of the witness, and of a thread if there are threads.
  @Test(
    "Sizes of encodings",
    arguments: [
      (.v0, 226, nil), (.v1, 172, 166), (.v2, 226, nil), (.v3, 196, 322), (.v4, 196, 318),
      (.v5, 168, 150), (.v6, 188, 298), (.v7, 188, 298), (.v8, 188, 298),
    ] as [(StateVersion, Int, Int?)])
  func sizes(_ version: StateVersion, _ witness: Int, _ thread: Int?) {
    #expect(version.witnessLayout.byteCount == witness)
    let state = MachineState(version: version)
    #expect(state.witness(memoryRoot: Bytes32()).count == witness)
    guard let thread else { return }
    #expect(version.threadLayout.byteCount == thread)
    var encoder = FieldEncoder(version: version)
    encoder.append(state.threads.left[0])
    #expect(encoder.bytes.count == thread)
  }

  @Test("A memory proof has a leaf and a sibling for each level")
  func proofSizes() {
    #expect(WordSize.bits32.memoryProofBytes == 896)
    #expect(WordSize.bits64.memoryProofBytes == 1920)
    #expect(Memory(wordSize: .bits32).proof(at: 0).count == 896)
    #expect(Memory(wordSize: .bits64).proof(at: .max).count == 1920)
  }

  @Test("The root of an empty thread stack")
  func emptyStack() {
    let root = Bytes32(hex: "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5")
    #expect(ThreadStackRoot.empty == root)
    #expect(ThreadStackRoot.root(of: [], version: .v8) == root)
  }

  @Test("The root of a stack is pushed from the bottom", arguments: [StateVersion.v1, .v3, .v8])
  func stackRoot(_ version: StateVersion) {
    var (bottom, top) = (
      ThreadState(id: 3, version: version), ThreadState(id: 4, version: version)
    )
    bottom.lo = 5
    top.registers[31] = 6
    func hash(_ thread: ThreadState) -> Bytes32 {
      var encoder = FieldEncoder(version: version)
      encoder.append(thread)
      return Keccak256.hash(encoder.bytes)
    }
    let one = Keccak256.hash(ThreadStackRoot.empty.bytes + hash(bottom).bytes)
    let two = Keccak256.hash(one.bytes + hash(top).bytes)
    #expect(ThreadStackRoot.root(of: [bottom, top], version: version) == two)
  }

  @Test(
    "The status byte follows from the exit code",
    arguments: [(0, .valid), (1, .invalid), (2, .panic), (255, .panic)]
      as [(UInt8, VMStatus)])
  func status(_ code: UInt8, _ status: VMStatus) {
    var state = MachineState(version: .v8)
    state.scalars.exitCode = code
    #expect(state.status == .unfinished)
    #expect(state.claim(witness: [1])[0] == 3)
    state.scalars.exited = true
    #expect(state.status == status)
    #expect(state.claim(witness: [1])[0] == status.rawValue)
    #expect(state.claim(witness: [1]).bytes.dropFirst() == Keccak256.hash([1]).bytes.dropFirst())
  }
}

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

  @Test(
    "Claims of the empty states",
    arguments: [
      (.v0, "035bfc06cffac3c3e48ae14e308edd2c39314896a680ed3241eb35238e1843a0"),
      (.v1, "038c137dfff8a568d78e28a807c48cfc5b2b37e7b14398be9d6f548095c5c13a"),
      (.v2, "035bfc06cffac3c3e48ae14e308edd2c39314896a680ed3241eb35238e1843a0"),
      (.v3, "03d8fafdcd18be105e75e075ac0ee25f18d3fffed7b4fba452d98c08038f9397"),
      (.v4, "03ff09edcd58933d02123e030a71cd7f5dbd8a85e3ed5eb66ab50051340ba55b"),
      (.v5, "03564868d97e04ce29767b7e38df8aefd87fb3c1a2eaf0cbd9ba991c521f7c26"),
      (.v6, "035b096e17d7b97f6bbaa13d179958e729b70813e931dc90dbf4193372f3dc71"),
      (.v7, "035b096e17d7b97f6bbaa13d179958e729b70813e931dc90dbf4193372f3dc71"),
      (.v8, "035b096e17d7b97f6bbaa13d179958e729b70813e931dc90dbf4193372f3dc71"),
    ] as [(StateVersion, String)])
  func emptyState(_ version: StateVersion, _ claim: String) throws {
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

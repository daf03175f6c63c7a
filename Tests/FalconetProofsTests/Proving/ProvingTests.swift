import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Proving a step")
struct ProvingTests {
  /// An opcode that no version has.
  private let unknown: UInt32 = 0x1F << 26

  @Test("Proving executes the step as running does", arguments: StateVersion.allCases)
  func sameState(_ version: StateVersion) throws {
    let proving = try machine(version)
    let running = try machine(version)
    _ = try proving.run(until: 100_000)
    _ = try running.run(until: 100_000)
    for _ in 0..<50 {
      let witness = try #require(try proving.prove())
      #expect(witness.pre == running.claim())
      try running.runStep()
      #expect(witness.post == running.claim())
      #expect(proving.state == running.state)
    }
  }

  @Test(
    "Proof data has the size that the contract expects",
    arguments: [
      (StateVersion.v0, 1792), (.v1, 2886), (.v2, 1792), (.v3, 6114), (.v4, 6110), (.v5, 2870),
      (.v6, 6090), (.v7, 6090), (.v8, 6090),
    ])
  func size(_ version: StateVersion, _ count: Int) throws {
    let witness = try #require(try machine(version).prove())
    #expect(witness.proofData.count == count)
  }

  @Test(
    "The instruction's proof leads from its leaf to the memory root",
    arguments: [StateVersion.v2, .v5, .v8])
  func instructionProof(_ version: StateVersion) throws {
    let machine = try machine(version)
    let pc = try #require(machine.state.activeThread).pc
    let instruction = machine.memory.instruction(at: pc)
    let root = machine.memory.root()
    let witness = try #require(try machine.prove())
    let slotBytes = version.wordSize == .bits32 ? 896 : 1920
    let dataSlots = version.isSingleThreaded ? 1 : 2
    let proof = Array(witness.proofData.dropLast(dataSlots * slotBytes).suffix(slotBytes))

    var node = try #require(Bytes32(Array(proof[..<32])))
    let place = Int(pc & 31)
    let word = node.bytes[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(word == instruction)
    for level in 1..<slotBytes / 32 {
      let sibling = try #require(Bytes32(Array(proof[(level * 32)..<(level * 32 + 32)])))
      let isRight = pc >> UInt64(4 + level) & 1 == 1
      node = isRight ? Keccak256.hash(sibling, node) : Keccak256.hash(node, sibling)
    }
    #expect(node == root)
    #expect(Array(witness.stateData[..<32]) == root.bytes)
  }

  @Test("A step that can't be executed has no proof, and changes nothing")
  func fault() throws {
    let machine = try MachineImage(.v8, code: [unknown]).machine()
    let before = machine.claim()
    let state = machine.state
    #expect(throws: MachineError.self) { try machine.prove() }
    #expect(machine.claim() == before)
    #expect(machine.state == state)
  }

  @Test("A program that has exited has no further step to prove")
  func exited() throws {
    var image = MachineImage(.v8)
    image.state.scalars.exited = true
    #expect(try image.machine().prove() == nil)
  }

  private func machine(_ version: StateVersion) throws -> Machine {
    let prestate = try Fixtures.prestate(version, "hello")
    return Machine(state: prestate.state, memory: prestate.memory)
  }
}

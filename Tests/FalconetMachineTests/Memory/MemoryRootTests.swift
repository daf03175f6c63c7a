import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

@Suite("The memory's Merkle tree")
struct MemoryRootTests {
  private static func address(
    _ wordSize: WordSize, using random: inout SeededGenerator
  ) -> UInt64 {
    let regions: [UInt64] = [
      0, 0x1000, 0x7FFF_F000, 1 << 31, 0xFFFF_F000, 1 << 32, 1 << 45, 1 << 47, 1 << 63,
      UInt64.max - 0x1FFF,
    ]
    return (random.pick(regions) &+ random.next() & 0x3FFF) & wordSize.mask
  }

  @Test("Zero hashes and the roots of empty memories")
  func empty() {
    #expect(
      NaiveTree.zero(7)
        == Bytes32(hex: "ffd70157e48063fc33c97a050f7f640233bf646cc98d9524c6b92bcf3ab56f83"))
    #expect(
      Memory(wordSize: .bits32).root()
        == Bytes32(hex: "838c5655cb21c6cb83313b5a631175dff4963772cce9108188b34ac87c81c41e"))
    #expect(
      Memory(wordSize: .bits64).root()
        == Bytes32(hex: "14af5385bcbb1e4738bbae8106046e6e2fca42875aa5c000c582587742bcc748"))
  }

  @Test("A page of zeros does not change the root", arguments: [WordSize.bits32, .bits64])
  func zeroPage(_ wordSize: WordSize) throws {
    let memory = Memory(wordSize: wordSize)
    let root = memory.root()
    try memory.storeWord(0, at: 0x8000_0000)
    #expect(memory.pageCount == 1)
    #expect(memory.root() == root)
  }

  @Test(
    "Roots after random writes are those of a naive recursion",
    arguments: [WordSize.bits32, .bits64], [1, 2, 3] as [UInt64])
  func roots(_ wordSize: WordSize, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let memory = Memory(wordSize: wordSize)
    for round in 0..<12 {
      for _ in 0..<random.below(8) {
        try memory.storeWord(random.next(), at: Self.address(wordSize, using: &random))
      }
      if random.chance(2) {
        let bytes = (0..<random.below(6000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let address = Self.address(wordSize, using: &random)
        try bytes.withUnsafeBufferPointer { (bytes) throws(HostMemoryError) in
          try memory.write(UnsafeRawBufferPointer(bytes), at: address)
        }
        #expect(memory.bytes(at: address, count: bytes.count) == bytes)
      }
      // Twice, since a root that is up to date is not computed again.
      let naive = NaiveTree(of: memory).root
      #expect(memory.root() == naive, "round \(round)")
      #expect(memory.root() == naive, "round \(round)")
    }
  }

  @Test(
    "Writes after a root count, to pages old and new, by a machine too",
    arguments: Versions.all)
  func incremental(_ version: StateVersion) throws {
    let code = [
      Assembly.immediate(0x28, rs: 8, rt: 9), Assembly.immediate(9, rs: 9, rt: 9, 1),
      Assembly.immediate(4, -3), Assembly.immediate(9, rs: 8, rt: 8, 0x301),
    ]
    var image = MachineImage(version, code: code)
    image[register: 8] = version.wordSize.mask - 0x2000
    let machine = try image.machine()
    for step in stride(from: 40, through: 400, by: 40) as StrideThrough<UInt64> {
      _ = try machine.run(until: step)
      #expect(machine.memory.root() == NaiveTree(of: machine.memory).root)
    }
  }

  @Test(
    "Proofs give the root, for pages that exist and pages that don't",
    arguments: [WordSize.bits32, .bits64])
  func proofs(_ wordSize: WordSize) throws {
    var random = SeededGenerator(seed: 9)
    let memory = Memory(wordSize: wordSize)
    for _ in 0..<20 {
      try memory.storeWord(random.next(), at: Self.address(wordSize, using: &random))
    }
    let root = memory.root()
    for _ in 0..<200 {
      let address =
        random.chance(4)
        ? random.next() & wordSize.mask : Self.address(wordSize, using: &random)
      let proof = memory.proof(at: address)
      #expect(proof.count == wordSize.memoryProofBytes)
      #expect(Array(proof.prefix(32)) == memory.bytes(at: address & ~31, count: 32))
      #expect(NaiveTree.root(of: proof, at: address) == root)
    }
    // A proof is of the memory as it is now.
    try memory.storeWord(77, at: 0x1000)
    let proof = memory.proof(at: 0x7FFF_F020)
    #expect(NaiveTree.root(of: proof, at: 0x7FFF_F020) == NaiveTree(of: memory).root)
  }

  @Test("Bits of a page index above the address space have no influence")
  func largeIndices() throws {
    let memory = Memory(wordSize: .bits32)
    let root = memory.root()
    #expect(memory.proof(at: 1 << 40 | 0x20) == memory.proof(at: 0x20))
    #expect(memory.root() == root)
  }
}

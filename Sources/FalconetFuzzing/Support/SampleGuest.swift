import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A small program that writes to its memory, reads a local input and exits, and what becomes of it.
struct SampleGuest: Sendable {
  /// The local inputs, by index.
  static let inputs: [UInt64: [UInt8]] = [1: Array(1...8)]

  let version: StateVersion
  /// The claims after each step, by the plain step.
  let claims: [Bytes32]
  /// The state before the first step, as a binary snapshot.
  private let prestate: [UInt8]

  init(_ version: StateVersion) throws {
    self.version = version
    let machine = try Self.machine(version)
    prestate = try SampleStates.bytes(of: MemoryImage(machine), as: .bin)
    var claims: [Bytes32] = []
    while !machine.hasExited {
      _ = try machine.run(until: machine.step + 1)
      claims.append(machine.claim())
    }
    self.claims = claims
  }

  var last: UInt64 { UInt64(claims.count) - 1 }

  /// The claim at an index, past the end too.
  func claim(_ index: UInt64) -> Bytes32 { claims[Int(min(index, last))] }

  /// The state before the first step, with a memory of its own.
  func image() throws(StreamError) -> MemoryImage {
    try Snapshot.load(from: MemorySource(prestate))
  }

  /// A machine after so many steps.
  func machine(after steps: UInt64 = 0) throws -> Machine {
    let machine = try Self.machine(version)
    _ = try machine.run(until: steps)
    return machine
  }

  /// The proof of a step.
  func witness(_ index: UInt64) throws -> StepWitness {
    guard let witness = try machine(after: index).prove() else { try found("the guest has exited") }
    return witness
  }

  private static func machine(_ version: StateVersion) throws -> Machine {
    let memory = Memory(wordSize: version.wordSize)
    try write(code(version).flatMap { big($0) }, at: 0x1000, of: memory)
    try write(PreimageKey.local(1).bytes, at: 0x2000, of: memory)
    return Machine(
      state: MachineState(version: version, entry: 0x1000), memory: memory,
      oracle: LocalInputs(inputs, source: NoPreimages()), engine: .step)
  }

  private static func write(_ bytes: [UInt8], at address: UInt64, of memory: Memory) throws {
    try bytes.withUnsafeBytes { try memory.write($0, at: address) }
  }

  private static func big(_ word: UInt32) -> [UInt8] {
    withUnsafeBytes(of: word.bigEndian) { Array($0) }
  }

  private static func code(_ version: StateVersion) -> [UInt32] {
    let is64 = version.wordSize == .bits64
    let word: UInt32 = is64 ? 8 : 4
    let (read, write, exit): (UInt32, UInt32, UInt32) =
      is64 ? (5000, 5001, 5205) : (4003, 4004, 4246)
    let syscall: UInt32 = 0x0C
    /// `ori register, $0, value`.
    func set(_ register: UInt32, _ value: UInt32) -> UInt32 { 0x3400_0000 | register << 16 | value }
    func call(_ number: UInt32, _ descriptor: UInt32, _ address: UInt32) -> [UInt32] {
      [set(2, number), set(4, descriptor), set(5, address), set(6, word), syscall]
    }
    var code: [UInt32] = [set(8, 0x1234), 0xAC08_4000]  // sw $8, 0x4000($0)
    for offset in stride(from: 0 as UInt32, to: 32, by: Int(word)) {
      code += call(write, 6, 0x2000 + offset)
    }
    // The length, then the input.
    for offset in stride(from: 0 as UInt32, to: 16, by: Int(word)) {
      code += call(read, 5, 0x3000 + offset)
    }
    code += [0x8C09_3008]  // lw $9, 0x3008($0)
    return code + call(exit, 0, 0)
  }
}

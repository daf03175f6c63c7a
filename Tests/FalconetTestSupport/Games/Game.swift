import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A trace that other traces are easily taken for: a small program that reads its local inputs, two at
/// its start and one late, and puts what it read into its memory.
package struct Game: Sendable {
  package let name: String
  package let version: StateVersion
  /// The name of the revision; nil for the newest.
  package let revision: String?
  /// The local inputs, by index.
  package let locals: [UInt64: [UInt8]]
  package let image: MachineImage
  /// The claims after each step, and the last one of these.
  package let claims: [Bytes32]

  package init(
    _ name: String, _ version: StateVersion = .v8, revision: String? = nil,
    locals: [UInt64: [UInt8]] = Self.locals, rounds: UInt16 = 40
  ) throws {
    self.name = name
    self.version = version
    self.revision = revision
    self.locals = locals
    image = Self.program(version, rounds)
    claims = try Self.claims(image, revision, locals)
  }

  /// The inputs that games have if they differ in something else.
  package static let locals: [UInt64: [UInt8]] = [
    1: Array(1...32), 2: Array(101...132), 3: [7, 7, 7, 7, 7, 7, 7, 7],
  ]

  /// Games whose prestates, inputs, versions or revisions differ. Most have the same prestate.
  package static func all() throws -> [Game] {
    func with(_ index: UInt64, _ value: [UInt8]) -> [UInt64: [UInt8]] {
      locals.merging([index: value]) { $1 }
    }
    return [
      try Game("base"),
      try Game("first input", locals: with(1, Array(2...33))),
      try Game("second input", locals: with(2, Array(101...131) + [0])),
      try Game("late input", locals: with(3, [7, 7, 7, 7, 7, 7, 7, 8])),
      try Game("longer input", locals: with(2, Array(101...133))),
      try Game("other prestate", rounds: 41),
      try Game("version 7", .v7),
      try Game("32 bits", .v5),
      try Game("32 bits, first input", .v5, locals: with(1, Array(2...33))),
      try Game("contract 1.7.0", revision: "1.7.0"),
      // Its claims are those of the first game.
      try Game("contract 1.8.0", revision: "1.8.0"),
      try Game("other prestate, late input", locals: with(3, []), rounds: 41),
    ]
  }

  package var oracle: DictionaryOracle {
    var oracle = DictionaryOracle()
    for (index, value) in locals { oracle.insert(local: index, value) }
    return oracle
  }

  package func prestate() throws(StreamError) -> MemoryImage {
    let memory: Memory
    do { memory = try image.memory() } catch {
      throw StreamError(.corrupt, message: "\(error)")
    }
    return MemoryImage(state: image.state, memory: memory)
  }

  /// Writes the inputs as a host stores them, and the prestate.
  package func write(to folder: TemporaryFolder, _ name: String) throws {
    folder.makeFolder(name)
    try writePreimages(to: folder, name + "/preimages")
    try Snapshot.save(prestate(), path: folder.file(name + "/prestate.bin.gz"))
  }

  /// Writes the inputs as a host stores them.
  package func writePreimages(to folder: TemporaryFolder, _ name: String) throws {
    folder.makeFolder(name)
    try folder.write("file", to: name + "/kvformat")
    for (index, value) in locals {
      try folder.write(Hex.encode(value), to: name + "/\(PreimageKey.local(index)).txt")
    }
  }

  package var last: UInt64 { UInt64(claims.count) - 1 }

  /// The claim at an index, past the end too.
  package func claim(_ index: UInt64) -> Bytes32 { claims[Int(min(index, last))] }

  /// Indices before and after each input is read, and past the end.
  package var indices: [UInt64] {
    Array(stride(from: UInt64(0), through: last, by: 29)) + [last - 1, last, last + 1, .max]
  }

  // MARK: The program

  private static func program(_ version: StateVersion, _ rounds: UInt16) -> MachineImage {
    let is64 = version.wordSize == .bits64
    let word: UInt16 = is64 ? 8 : 4
    let (read, write, exit): (UInt16, UInt16, UInt16) =
      is64 ? (5000, 5001, 5205) : (4003, 4004, 4246)
    var code: [UInt32] = []
    func call(_ number: UInt16, _ descriptor: UInt16, _ address: UInt16) {
      code += [
        Assembly.set(2, to: number), Assembly.set(4, to: descriptor),
        Assembly.set(5, to: address), Assembly.set(6, to: word), Assembly.syscall,
      ]
    }
    func take(_ input: UInt16) {
      for offset in stride(from: UInt16(0), to: 32, by: Int(word)) {
        call(write, 6, 0x4000 + 32 * input + offset)
      }
      // The length, then as many bytes.
      let buffer = 0x5000 + 48 * input
      for offset in stride(from: UInt16(0), to: 8, by: Int(word)) { call(read, 5, buffer + offset) }
      code += [
        Assembly.set(11, to: buffer), Assembly.immediate(0x23, rs: 11, rt: 9, 4),
        Assembly.set(10, to: buffer + 8),
        Assembly.immediate(0x04, rs: 9, 10), Assembly.nop,
        Assembly.set(2, to: read), Assembly.set(4, to: 5),
        Assembly.special(0x25, rs: 10, rd: 5), Assembly.set(6, to: word), Assembly.syscall,
        Assembly.special(0x23, rs: 9, rt: 2, rd: 9), Assembly.special(0x21, rs: 10, rt: 2, rd: 10),
        Assembly.immediate(0x04, -10), Assembly.nop,
      ]
    }
    func wait() {
      code += [
        Assembly.set(8, to: rounds),
        Assembly.immediate(0x09, rs: 8, rt: 8, -1),
        Assembly.immediate(0x05, rs: 8, -2), Assembly.nop,
      ]
    }
    // The store succeeds by the revision that keeps the reservation of the word that getrandom writes.
    code += [Assembly.set(16, to: 0x6000), Assembly.immediate(0x30, rs: 16, rt: 17)]
    code += [
      Assembly.set(2, to: is64 ? 5313 : 4353), Assembly.set(4, to: 0x6000),
      Assembly.set(5, to: word), Assembly.syscall, Assembly.immediate(0x38, rs: 16, rt: 17),
    ]
    take(1)
    take(2)
    wait()
    take(3)
    wait()
    call(exit, 0, 0)
    var image = MachineImage(version, code: code)
    for input in UInt64(1)...3 {
      image.write(PreimageKey.local(input).bytes, at: 0x4000 + 32 * input)
    }
    image.write([1], at: 0x5000)
    return image
  }

  private static func claims(
    _ image: MachineImage, _ revision: String?, _ locals: [UInt64: [UInt8]]
  ) throws -> [Bytes32] {
    var image = image
    image.state.revision = revision
    let machine = try image.machine(
      .step, oracle: LocalInputs(locals, source: NoPreimages()))
    var claims: [Bytes32] = []
    while !machine.hasExited, claims.count < 5_000 {
      _ = try machine.run(until: machine.step + 1)
      claims.append(machine.claim())
    }
    guard machine.hasExited else { throw FixtureError("a game does not end") }
    return claims
  }
}

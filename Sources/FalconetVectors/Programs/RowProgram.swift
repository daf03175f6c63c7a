import FalconetMachine

/// A program of many instances of one instruction, with operands at random.
package struct RowProgram {
  static let start: UInt64 = 0x1000
  static let data: UInt64 = 0x2_0000

  let operation: Operation
  let revision: Revision
  package private(set) var words: [UInt32] = []
  /// What the instances mean to the revision.
  package private(set) var decoded: Set<Operation> = []
  private var random: SeededGenerator

  /// Low halves of the instances; random ones if there are none.
  private let immediates: [UInt32]

  package init(
    _ operation: Operation, _ revision: Revision, seed: UInt64, instances: Int = 24,
    immediates: [UInt32] = []
  ) {
    self.operation = operation
    self.revision = revision
    self.immediates = immediates
    random = SeededGenerator(seed: seed)
    for position in 0..<instances { append(inDelaySlot: position % 3 == 2) }
    words += [Assembly.nop, Assembly.stop]
  }

  /// The program, about to run, with random registers and data.
  package mutating func image() throws -> MachineImage {
    var image = MachineImage(revision.version, code: words, at: Self.start)
    image.state.revision = revision.name
    for register in 1..<32 {
      image[register: register] = random.chance(2) ? random.next() : random.next() % 70
    }
    for register in Self.bases { image[register: Int(register)] = Self.data }
    // A system call that answers a number and does nothing.
    image[register: 2] = revision.version.wordSize == .bits32 ? 4020 : 5038
    image.write(random.bytes(4096), at: Self.data)
    return image
  }

  static let bases: [UInt32] = [16, 17]
  private static let free: [UInt32] = [3, 8, 9, 10, 11, 12, 13, 29, 31]

  private var here: UInt64 { Self.start + UInt64(4 * words.count) }

  private mutating func append(inDelaySlot: Bool) {
    switch operation.kind {
    case .jumpRegister:
      let register = random.pick([UInt32(8), 9, 10])
      words.append(Assembly.set(register, to: UInt16(here + 16)))
      add(rs: register, low: 0)
      words += [count, count]
    case .jump:
      add(rs: 0, low: UInt32(here + 12) >> 2)
      words += [count, count]
    case .branch:
      add(rs: random.pick(Self.free + [0]), low: 2)
      words += [count, count]
    case .load, .store, .loadLinked, .storeConditional:
      if inDelaySlot { words.append(Self.jump(to: here + 8)) }
      add(rs: random.pick(Self.bases), low: UInt32(random.below(1024)))
    case .register, .fromHiLo, .toHiLo, .immediate:
      if inDelaySlot { words.append(Self.jump(to: here + 8)) }
      add(rs: random.pick(Self.free + [0]), low: immediate())
    case .none, .trap, .systemCall: add(rs: 0, low: 0)
    }
  }

  private mutating func immediate() -> UInt32 {
    immediates.isEmpty ? UInt32(truncatingIfNeeded: random.next()) : random.pick(immediates)
  }

  /// Counts in register 12 that it is executed.
  private var count: UInt32 { Assembly.immediate(0x09, rs: 12, rt: 12, 1) }

  private static func jump(to address: UInt64) -> UInt32 { Assembly.jump(0x02, to: address) }

  private mutating func add(rs: UInt32, low: UInt32) {
    guard let space = operation.row.space else { return }
    let code = random.chance(2) ? operation.row.codes.0 : operation.row.codes.1
    let destinations = Self.free + [0, 14]
    let word = Self.encode(
      space, code, rs: rs, rt: random.pick(destinations), rd: random.pick(destinations), low: low,
      isJump: { if case .jump = operation.kind { true } else { false } }())
    decoded.insert(Operation(decoding: Instruction(word), under: revision.rules))
    words.append(word)
  }

  /// An instruction word. `low` is the immediate operand, the shift amount's bits or a jump's target.
  package static func encode(
    _ space: EncodingSpace, _ code: UInt8, rs: UInt32, rt: UInt32, rd: UInt32, low: UInt32,
    isJump: Bool = false
  ) -> UInt32 {
    let code = UInt32(code)
    return switch space {
    case .primary where isJump: code << 26 | low & 0x03FF_FFFF
    case .primary: code << 26 | rs << 21 | rt << 16 | low & 0xFFFF
    case .special: rs << 21 | rt << 16 | rd << 11 | low & 0x7C0 | code
    case .special2: 0x1C << 26 | rs << 21 | rt << 16 | rd << 11 | low & 0x7C0 | code
    case .registerImmediate: 1 << 26 | rs << 21 | code << 16 | low & 0xFFFF
    }
  }
}

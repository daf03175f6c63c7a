import FalconetMachine
import FalconetTestSupport
import Testing

/// Every row of the instruction table, in every version and revision that has it, in lock step.
@Suite("Every row of the instruction table")
struct InstructionTableTests {
  private static let revisions = StateVersion.allCases.flatMap(\.revisions)

  @Test(
    "Every instruction does in each engine what it does in the plain step", arguments: revisions)
  func lockStep(_ revision: Revision) throws {
    var executed: Set<Operation> = []
    for operation in Operation.allCases
    where operation.row.space != nil && operation.row.requirement.holds(under: revision.rules) {
      var program = RowProgram(operation, revision, seed: UInt64(operation.rawValue))
      let image = try program.image()
      for setup in [EngineSetup.translator, .portable, .portableSwitch] {
        let machines = try LockStep(image, setup)
        do {
          _ = try machines.advance(UInt64(program.words.count))
          try machines.compareMemory()
        } catch { Issue.record("\(operation) in \(revision), \(setup.rawValue): \(error)") }
      }
      executed.formUnion(program.decoded)
    }
    let expected = Operation.allCases.filter {
      $0.row.space != nil && $0.row.requirement.holds(under: revision.rules)
    }
    #expect(executed.isSuperset(of: expected))
  }

  @Test("No code means two operations to one revision", arguments: revisions)
  func unambiguous(_ revision: Revision) {
    var owners: [[UInt8]: [Operation]] = [:]
    for operation in Operation.allCases {
      let row = operation.row
      guard let space = row.space, row.requirement.holds(under: revision.rules) else { continue }
      for code in Set([row.codes.0, row.codes.1]) {
        owners[[UInt8(space.rawValue), code], default: []].append(operation)
      }
    }
    #expect(owners.allSatisfy { $0.value.count == 1 })
  }

  @Test("What a revision lacks is no instruction, or a branch that is never taken")
  func lacking() {
    for revision in Self.revisions {
      for operation in Operation.allCases {
        let row = operation.row
        guard let space = row.space, !row.requirement.holds(under: revision.rules) else { continue }
        let word = RowProgram.encode(space, row.codes.0, rs: 8, rt: 9, rd: 10, low: 0)
        let meaning = Operation(decoding: Instruction(word), under: revision.rules)
        switch operation {
        case .sll, .sllv, .sllFill, .sllvFill: #expect(meaning.kind == row.kind)
        default: #expect(meaning == (space == .registerImmediate ? .branchNever : .unknown))
        }
      }
    }
  }
}

/// A program of many instances of one instruction, with operands at random.
private struct RowProgram {
  private static let start: UInt64 = 0x1000
  private static let data: UInt64 = 0x2_0000

  let operation: Operation
  let revision: Revision
  private(set) var words: [UInt32] = []
  /// What the instances mean to the revision.
  private(set) var decoded: Set<Operation> = []
  private var random: SeededGenerator

  init(_ operation: Operation, _ revision: Revision, seed: UInt64) {
    self.operation = operation
    self.revision = revision
    random = SeededGenerator(seed: seed)
    for position in 0..<24 { append(inDelaySlot: position % 3 == 2) }
    words += [Assembly.nop, Assembly.stop]
  }

  /// The program, about to run, with random registers and data.
  mutating func image() throws -> MachineImage {
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

  private static let bases: [UInt32] = [16, 17]
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
      add(rs: random.pick(Self.free + [0]), low: UInt32(truncatingIfNeeded: random.next()))
    case .none, .trap, .systemCall: add(rs: 0, low: 0)
    }
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
  static func encode(
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

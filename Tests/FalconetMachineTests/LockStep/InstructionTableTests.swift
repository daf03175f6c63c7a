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

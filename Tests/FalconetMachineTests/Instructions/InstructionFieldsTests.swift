import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Where destinations and immediate operands stand")
struct InstructionFieldsTests {
  private static func destination(_ kind: InstructionKind, _ bits: UInt32) -> Int {
    switch kind {
    case .register, .fromHiLo, .toHiLo: Int(bits >> 11 & 31)
    case .immediate, .load, .loadLinked, .storeConditional: Int(bits >> 16 & 31)
    case .jumpRegister(let links): links ? Int(bits >> 11 & 31) : 0
    case .jump(let links), .branch(_, let links): links ? 31 : 0
    case .none, .trap, .systemCall, .store: 0
    }
  }

  private static func immediate(_ kind: InstructionKind, _ bits: UInt32) -> Int64 {
    let half = Int64(bits & 0xFFFF)
    let signed = half < 0x8000 ? half : half - 0x1_0000
    switch kind {
    case .register(.unsigned), .immediate(.unsigned): return half
    case .register(.upper), .immediate(.upper): return signed * 0x1_0000
    case .register(.amount), .immediate(.amount): return Int64(bits >> 6 & 31)
    case .register(.amountPlus32), .immediate(.amountPlus32): return Int64(bits >> 6 & 31) + 32
    case .branch: return 4 * signed
    case .jump: return 4 * Int64(bits & 0x03FF_FFFF)
    case .register(.signed), .immediate(.signed), .none, .trap, .systemCall, .fromHiLo, .toHiLo,
      .load, .store, .loadLinked, .storeConditional, .jumpRegister:
      return signed
    }
  }

  @Test("They are read as the kind of the instruction says", arguments: Operation.allCases)
  func fields(_ operation: Operation) {
    var random = SeededGenerator(seed: 3)
    let kind = operation.kind
    let fields = InstructionFields(kind)
    for word in [0, .max, 0x8000, 0x7FFF]
      + (0..<200).map({ _ in UInt32.random(in: 0...(.max), using: &random) })
    {
      let instruction = Instruction(word)
      #expect(fields.destination(of: instruction) == Self.destination(kind, word))
      #expect(Int64(fields.immediate(of: instruction)) == Self.immediate(kind, word))
    }
  }
}

@Suite("Operations as blocks hold them")
struct DecodedOperationTests {
  @Test("Each part is what was set last, whatever the others are")
  func parts() {
    var random = SeededGenerator(seed: 5)
    func byte() -> UInt8 { UInt8.random(in: 0...255, using: &random) }
    for _ in 0..<500 {
      let (destination, first, second, remaining) = (byte(), byte(), byte(), byte())
      let immediate = Int32.random(in: .min ... .max, using: &random)
      var operation = DecodedOperation(
        operation: .daddi, destination: byte(), first: byte(), second: byte(), remaining: byte(),
        immediate: immediate)
      operation.remaining = remaining
      operation.second = second
      operation.first = first
      operation.destination = destination
      #expect(operation.destination == destination && operation.first == first)
      #expect(operation.second == second && operation.remaining == remaining)
      #expect(operation.operation == .daddi && operation.immediate == immediate)
    }
  }
}

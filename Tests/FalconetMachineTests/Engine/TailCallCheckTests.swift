import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("What the portable engine assumes")
struct TailCallCheckTests {
  /// A handler that calls the next one and then goes on, as a build without tail calls would have it.
  private static let returning: HandlerFunction = { op, bank, base, flags, budget in
    Handler.next(op, bank, base, flags, budget)
    bank.storeBytes(of: 0, toByteOffset: 8 * Int(RegisterBank.callBackValue), as: UInt64.self)
  }

  private static func handlers(returning operation: Operation) -> [HandlerFunction] {
    var handlers = HandlerTable.all
    handlers[Int(operation.rawValue)] = returning
    return handlers
  }

  @Test("The check finds each handler that does not jump to the next, and no other")
  func failures() {
    #if DEBUG
      // No handler jumps without optimization, neither those of operations nor the thirteen exits.
      #expect(TailCallCheck.failures(of: HandlerTable.all).count == Operation.allCases.count + 13)
    #else
      #expect(TailCallCheck.failures(of: HandlerTable.all) == [])
      for operation in [Operation.addi, .lw, .mult] {
        #expect(
          TailCallCheck.failures(of: Self.handlers(returning: operation)) == [operation.rawValue])
      }
    #endif
  }

  @Test("The check finds each handler of several operations that does not jump, and no other")
  func fusedFailures() throws {
    #if DEBUG
      #expect(
        TailCallCheck.failures(of: FusionTable.standard.fusions).count
          == FusionTable.standard.fusions.count)
    #else
      #expect(TailCallCheck.failures(of: FusionTable.standard.fusions).isEmpty)
      let wrong = Fusion(Two<HandlerTable.Ld, InBank, HandlerTable.Ld>.self, Self.returning)
      #expect(TailCallCheck.failures(of: [wrong]).count == 1)
    #endif
  }

  @Test("The engine falls back to a switch if a handler does not jump, and gives the same states")
  func fallback() throws {
    // A loop that counts in register 8 and stores it.
    var image = MachineImage(
      .v8,
      code: [
        Assembly.immediate(0x09, rs: 8, rt: 8, 1), Assembly.immediate(0x2B, rs: 9, rt: 8, 0),
        Assembly.jump(2, to: 0x1000), 0,
      ])
    image[register: 9] = 0x2000
    let (machine, plain) = (try image.machine(.portable), try image.machine(.step))
    machine.blockEngine = PortableEngine(
      machine, stopRange: nil, handlers: Self.handlers(returning: .addi))
    let engine = try #require(machine.blockEngine as? PortableEngine)
    #expect(engine.usesSwitch)
    for step in [1_000, 10_001] as [UInt64] {
      _ = try machine.run(until: step)
      _ = try plain.run(until: step)
      #expect(machine.claim() == plain.claim())
    }
    #expect(machine.blockEngine === engine)
  }

  @Test("An operation of the portable engine has 16 bytes, so that two links fit into a trailer")
  func layout() {
    #expect(MemoryLayout<PortableOperation>.size == 16)
    #expect(PortableOperation.stride >= 2 * MemoryLayout<UnsafeRawPointer>.stride)
    #expect(JumpTable.entryBytes == 2 * MemoryLayout<UInt64>.stride)
  }
}

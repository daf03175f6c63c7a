import FalconetMachine
import FalconetSnapshots

/// A loop of additions, shifts, loads and stores, without system calls until it ends.
enum SyntheticLoop {
  private static let start: UInt64 = 0x10000
  private static let data: UInt64 = 0x20000
  /// Times that the loop is executed.
  private static let turns: UInt16 = 4_000
  /// Of the inner loop, each time.
  private static let innerTurns: UInt16 = 10_000

  /// The state before its first step.
  static func image() throws -> MemoryImage {
    let memory = Memory(wordSize: .bits64)
    try write(instructions, to: memory, at: start)
    return MemoryImage(state: MachineState(version: .v8, entry: start), memory: memory)
  }

  /// Writes a program.
  static func write(_ program: [UInt32], to memory: Memory, at address: UInt64) throws {
    let code = program.flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
    try code.withUnsafeBytes { bytes in try memory.write(bytes, at: address) }
  }

  private static let instructions: [UInt32] = [
    immediate(0x0D, from: 0, to: 8, turns),  // ori   t0, zero, turns
    immediate(0x0F, from: 0, to: 10, UInt16(data >> 16)),  // lui   t2, data
    immediate(0x0D, from: 0, to: 9, innerTurns),  // outer: ori t1, zero, innerTurns
    immediate(0x37, from: 10, to: 2, 8),  // inner: ld v0, 8(t2)
    register(0x2D, 3, 2, 3),  // daddu v1, v0, v1
    register(0x38, 0, 3, 4, shift: 13),  // dsll a0, v1, 13
    register(0x26, 3, 4, 3),  // xor   v1, v1, a0
    immediate(0x3F, from: 10, to: 3, 8),  // sd    v1, 8(t2)
    immediate(0x19, from: 9, to: 9, 0xFFFF),  // daddiu t1, t1, -1
    immediate(0x05, from: 9, to: 0, UInt16(bitPattern: -7)),  // bnez t1, inner
    immediate(0x19, from: 2, to: 5, 1),  // daddiu a1, v0, 1
    immediate(0x19, from: 8, to: 8, 0xFFFF),  // daddiu t0, t0, -1
    immediate(0x05, from: 8, to: 0, UInt16(bitPattern: -11)),  // bnez t0, outer
    0,  // nop
    immediate(0x0D, from: 0, to: 2, 5205),  // ori   v0, zero, exit_group
    immediate(0x0D, from: 0, to: 4, 0),  // ori   a0, zero, 0
    0x0C,  // syscall
  ]

  static func immediate(
    _ opcode: UInt32, from source: UInt32, to target: UInt32, _ value: UInt16
  ) -> UInt32 {
    opcode << 26 | source << 21 | target << 16 | UInt32(value)
  }

  static func register(
    _ function: UInt32, _ first: UInt32, _ second: UInt32, _ target: UInt32, shift: UInt32 = 0
  ) -> UInt32 {
    first << 21 | second << 16 | target << 11 | shift << 6 | function
  }
}

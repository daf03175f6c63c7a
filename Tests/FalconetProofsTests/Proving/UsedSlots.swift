import FalconetMachine
import Testing

/// How many proofs of data a step has, decided from the instruction's encoding and the state before
/// it, without the machine's own decoder.
///
/// - Returns: 0, 1 or 2.
func usedSlots(of machine: Machine) throws -> Int {
  let thread = try #require(machine.state.activeThread)
  let bits = machine.memory.instruction(at: thread.pc)
  let isSingle = machine.version.isSingleThreaded
  switch bits >> 26 {
  case 0x1A, 0x1B, 0x20...0x2E, 0x30, 0x34, 0x37, 0x3F: return 1
  // A store that fails when there are threads touches nothing.
  case 0x38: return isSingle || holdsReservation(machine, thread, bits, status: 1) ? 1 : 0
  case 0x3C: return holdsReservation(machine, thread, bits, status: 2) ? 1 : 0
  case 0 where bits & 0x3F == 0x0C: return slotsOfSystemCall(thread, machine.version)
  default: return 0
  }
}

private func holdsReservation(
  _ machine: Machine, _ thread: ThreadState, _ bits: UInt32, status: UInt8
) -> Bool {
  let offset = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: bits)))
  let mask = machine.version.wordSize.mask
  let address = (thread.registers[Int(bits >> 21 & 31)] &+ offset) & mask
  return machine.state.scalars.reservation
    == Reservation(status: status, address: address, owner: thread.id)
}

/// Linux's numbers, o32 and n64.
private func slotsOfSystemCall(_ thread: ThreadState, _ version: StateVersion) -> Int {
  let (call, first, second) = (thread.registers[2], thread.registers[4], thread.registers[5])
  switch call {
  case 4003, 5000: return first == 5 ? 1 : 0
  case 4004, 5001: return first == 6 ? 1 : 0
  case 4238, 5194: return !version.isSingleThreaded && second == 128 ? 1 : 0
  case 4263, 5222: return !version.isSingleThreaded && first < 2 ? 2 : 0
  case 5313: return version == .v8 ? 1 : 0
  default: return 0
  }
}

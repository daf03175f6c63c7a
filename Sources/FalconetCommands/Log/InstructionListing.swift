import FalconetInsight
import FalconetMachine
import FalconetReplay
import FalconetStreams

/// What single steps execute and change, for `log --instructions`.
final class InstructionListing {
  /// A step.
  struct Row {
    var step: UInt64
    var thread: UInt64
    var pc: UInt64
    /// The instruction; nil for a step of the scheduler.
    var instruction: Instruction?
    /// The registers that have other values after the step, by name.
    var changes: [(name: String, value: UInt64)] = []
    /// The bytes that it loads or stores, and what they are afterwards, left-aligned.
    var access: (range: GuestAccess, value: UInt64)?
    /// The thread that is active afterwards, if it is another one.
    var nextThread: UInt64?
  }

  private let machine: Machine
  private let output: ScanOutput
  private var lastPlace = ""

  init(_ machine: Machine, _ guest: GuestProgram) {
    self.machine = machine
    output = ScanOutput(machine, guest)
  }

  /// Executes a step.
  func step() throws(MachineError) -> Row {
    let before = machine.state.activeThread ?? ThreadState(id: 0, version: machine.version)
    var row = Row(step: machine.step, thread: before.id, pc: before.pc)
    if machine.isInstructionNext {
      row.instruction = Instruction(machine.memory.instruction(at: before.pc))
    }
    let access = machine.nextAccess
    try machine.runStep()
    if let access { row.access = (access, value(at: access.range.start)) }
    guard let after = machine.state.activeThread else { return row }
    guard after.id == before.id else {
      row.nextThread = after.id
      return row
    }
    for index in 0..<32 where after.registers[index] != before.registers[index] {
      row.changes.append((Registers.names[index], after.registers[index]))
    }
    if after.hi != before.hi { row.changes.append(("hi", after.hi)) }
    if after.lo != before.lo { row.changes.append(("lo", after.lo)) }
    return row
  }

  private func value(at address: UInt64) -> UInt64 {
    var bytes: [UInt8] = []
    machine.memory.read(into: &bytes, from: address, count: 8)
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func text(of row: Row) -> String {
    row.instruction.map { Disassembly.text($0, at: row.pc, under: machine.rules) } ?? "(scheduler)"
  }

  /// A step as text: a line with the place, if it is another one, and a line with the instruction.
  func lines(_ row: Row) -> [String] {
    var lines: [String] = []
    let place = output.place(of: row.pc)
    if !place.isEmpty, place != lastPlace { lines.append(String(place.dropFirst(4)) + ":") }
    lastPlace = place
    var notes = row.changes.map { "\($0.name)=\(ScanOutput.hex($0.value))" }
    if let access = row.access {
      notes.append(
        "[\(ScanOutput.hex(access.range.range.start))]" + (access.range.isWrite ? "=" : ":"))
      notes[notes.count - 1] += ScanOutput.value(
        access.value, access.range.range.last - access.range.range.start + 1)
    }
    if let next = row.nextThread { notes.append("thread \(next) is next") }
    let code = text(of: row)
    let padding = notes.isEmpty ? "" : String(repeating: " ", count: max(28 - code.utf8.count, 1))
    lines.append(
      "  \(row.step) \(row.thread) \(ScanOutput.hex(row.pc)) \(code)\(padding)"
        + notes.joined(separator: " "))
    return lines
  }

  func json(_ row: Row) -> String {
    ScanOutput.line { (json) throws(StreamError) in
      try json.member("step", row.step)
      try json.member("thread", row.thread)
      try json.member("pc", address: row.pc)
      try output.writeLocation(of: row.pc, to: json)
      if let instruction = row.instruction {
        try json.member("instruction", text(of: row))
        try json.member("bits", address: UInt64(instruction.bits))
      }
      if !row.changes.isEmpty {
        try json.member("changes") { () throws(StreamError) in
          for change in row.changes { try json.member(change.name, address: change.value) }
        }
      }
      if let access = row.access {
        try json.member("access") { () throws(StreamError) in
          let size = access.range.range.last - access.range.range.start + 1
          try json.member("kind", access.range.isWrite ? "write" : "read")
          try json.member("address", address: access.range.range.start)
          try json.member("size", size)
          try json.member("value", ScanOutput.value(access.value, size))
        }
      }
      if let next = row.nextThread { try json.member("nextThread", next) }
    }
  }
}

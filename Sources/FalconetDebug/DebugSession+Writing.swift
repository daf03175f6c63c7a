import FalconetMachine

/// Writes of a client, each of which makes a branch of the run.
extension DebugSession {
  /// `ADDRESS,LENGTH:DATA`.
  func writeMemory(_ text: Substring) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let range = parts[0].split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, range.count == 2, let address = Hexadecimal.number(range[0]),
      let count = Hexadecimal.number(range[1]), let bytes = Hexadecimal.bytes(parts[1]),
      bytes.count == count
    else { return send("E01") }
    if bytes.isEmpty { return send("OK") }
    let place = address & wordSize.mask
    change { (machine) throws(HostMemoryError) in
      // Sound: the bytes are read during the call alone.
      try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(HostMemoryError) in
        try unsafe machine.memory.write(UnsafeRawBufferPointer(bytes), at: place)
      }
    }
  }

  /// `NUMBER=VALUE`.
  func writeRegister(_ text: Substring) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Hexadecimal.number(parts[0]),
      number < TargetRegister.count, let register = TargetRegister(number: Int(number)),
      parts[1].utf8.count == 2 * TargetRegister.size(Int(number), wordSize),
      let value = Hexadecimal.number(parts[1])
    else { return send("E01") }
    guard register != .absent else { return send("E.a guest has no such register") }
    guard register != .general(0) else { return send("E.register 0 is always 0") }
    changeRegisters([(register, value)])
  }

  /// The values of all registers, one after the other.
  func writeRegisters(_ text: Substring) {
    var rest = text
    var values: [(TargetRegister, UInt64)] = []
    for number in 0..<TargetRegister.count {
      let digits = rest.prefix(2 * TargetRegister.size(number, wordSize))
      rest = rest.dropFirst(digits.count)
      guard let register = TargetRegister(number: number), let value = Hexadecimal.number(digits)
      else { return send("E01") }
      if register != .absent, register != .general(0) { values.append((register, value)) }
    }
    changeRegisters(values)
  }

  private func changeRegisters(_ values: [(TargetRegister, UInt64)]) {
    let id = readThread.id
    let mask = wordSize.mask
    change { (machine) throws(HostMemoryError) in
      machine.changeThread(id) { thread in
        for (register, value) in values { register.set(value & mask, in: &thread, mask) }
      }
    }
  }
}

extension TargetRegister {
  fileprivate func set(_ value: UInt64, in thread: inout ThreadState, _ mask: UInt64) {
    switch self {
    case .general(let index): thread.registers[index] = value
    case .lo: thread.lo = value
    case .hi: thread.hi = value
    case .pc where thread.pc != value:
      thread.pc = value
      thread.nextPC = (value &+ 4) & mask
    // In a delay slot the next instruction is the branch's target, which writing all registers keeps.
    case .pc, .absent: break
    }
  }
}

/// Which steps can tell the revisions of a version apart: see ``SystemCallRow/ownRules``.
extension Rules {
  /// The system calls that these rules and others answer differently; nil if other steps can differ too.
  package func systemCalls(differingFrom other: Rules) -> Set<UInt64>? {
    var adapted = other
    var numbers: Set<UInt64> = []
    for call in SystemCallRow.all {
      for rule in call.ownRules where self[keyPath: rule] != other[keyPath: rule] {
        adapted[keyPath: rule] = self[keyPath: rule]
        if let number = call.number(wordSize) { numbers.insert(number) }
      }
    }
    return adapted == self ? numbers : nil
  }
}

extension Revision {
  /// Whether a step, executed by the rules of another revision, would be the same by this one's.
  package func agrees(with other: Revision, on step: StatelessStep) -> Bool {
    guard version == other.version,
      let numbers = rules.systemCalls(differingFrom: other.rules)
    else { return false }
    guard let number = step.systemCall(under: other.rules) else { return true }
    return !numbers.contains(number)
  }
}

extension StatelessStep {
  /// The number of the system call that the step made; nil if it made none.
  fileprivate func systemCall(under rules: Rules) -> UInt64? {
    guard let instruction, let thread,
      Operation(decoding: Instruction(instruction.bits), under: rules) == .syscall
    else { return nil }
    return thread.registers[2] & rules.wordSize.mask
  }
}

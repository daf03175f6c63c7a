/// Which steps can tell the revisions of a version apart, as data beside their rules.
extension Rules {
  /// The rules that only a system call reads, and its number: no other step depends on them.
  ///
  /// A rule that is not listed is taken to matter in every step. So a rule that a new revision brings
  /// costs time until it is listed, and no answer.
  private static let ofSystemCalls:
    [(rule: any WritableKeyPath<Rules, Bool> & Sendable, number: UInt64)] = [
      (\.processControl, 5153), (\.randomBytesEndReservations, 5313),
    ]

  /// The system calls that these rules and others answer differently; nil if other steps can differ too.
  package func systemCalls(differingFrom other: Rules) -> Set<UInt64>? {
    var adapted = other
    var numbers: Set<UInt64> = []
    for (rule, number) in Self.ofSystemCalls where self[keyPath: rule] != other[keyPath: rule] {
      adapted[keyPath: rule] = self[keyPath: rule]
      numbers.insert(number)
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

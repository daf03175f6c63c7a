import FalconetMachine

/// A system call that a guest made.
package struct SystemCallRecord: Sendable {
  /// What a call answers.
  package enum Answer: Sendable, Equatable {
    case value(UInt64)
    /// The number of an error.
    case error(UInt64)
  }

  /// Steps executed before.
  package var step: UInt64
  package var thread: UInt64
  package var pc: UInt64
  package var number: UInt64
  /// Linux's name of the call, if there is one.
  package var name: String?
  /// The registers of the arguments.
  package var arguments: [UInt64]
  /// Of a `write`: the first bytes that are written.
  package var text: [UInt8]?
  /// What it answered. Nil if the thread waits, or the call does not return.
  package var answer: Answer?
}

extension SystemCallRecord {
  /// Bytes of a `write` that are kept.
  private static let longestText: UInt64 = 64

  /// The call that a thread is about to make.
  package init(of thread: ThreadState, step: UInt64, _ version: StateVersion) {
    let number = thread.registers[2]
    let last = version.wordSize == .bits64 ? 9 : 7
    self.init(
      step: step, thread: thread.id, pc: thread.pc, number: number,
      name: SystemCallNames.of(version.wordSize).name(of: number),
      arguments: (4...last).map { thread.registers[$0] })
  }

  /// With the bytes that a `write` is about to write.
  package func withText(_ memory: Memory) -> Self {
    guard name == "write" else { return self }
    var record = self
    var text: [UInt8] = []
    memory.read(
      into: &text, from: arguments[1], count: Int(min(arguments[2], Self.longestText)))
    record.text = text
    return record
  }

  /// Adds what the machine, which has made the call, answered.
  mutating func complete(_ machine: Machine) {
    guard !machine.hasExited, let after = state(of: thread, machine), after.pc != pc, !after.exited
    else { return }
    let (first, second) = (after.registers[2], after.registers[7])
    answer =
      second == 0
      ? .value(first) : .error(machine.rules.errorNumberInResult ? first : second)
  }

  private func state(of id: UInt64, _ machine: Machine) -> ThreadState? {
    if let thread = machine.state.activeThread, thread.id == id { return thread }
    let threads = machine.state.threads
    return threads.left.first { $0.id == id } ?? threads.right.first { $0.id == id }
  }
}

/// Linux's names of system calls, by number.
private struct SystemCallNames {
  private var names: [UInt64: String] = [:]
  private let wordSize: WordSize

  private init(_ wordSize: WordSize) {
    self.wordSize = wordSize
    for row in SystemCallRow.all {
      if let number = row.number(wordSize), names[number] == nil { names[number] = row.name }
    }
  }

  private static let o32 = Self(.bits32)
  private static let n64 = Self(.bits64)

  static func of(_ wordSize: WordSize) -> Self { wordSize == .bits32 ? o32 : n64 }

  func name(of number: UInt64) -> String? {
    if let name = names[number] { return name }
    // Numbers of the other ABI are no calls of this one.
    return (number >= 5000) == (wordSize == .bits64) ? SystemCallRow.name(of: number) : nil
  }
}

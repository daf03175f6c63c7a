import FalconetMachine

/// A system call that a guest made.
package struct SystemCallRecord: Sendable {
  /// Steps executed before.
  package var step: UInt64
  package var thread: UInt64
  package var pc: UInt64
  package var number: UInt64
  /// Linux's name of the call, if there is one.
  package var name: String?
  /// The registers of the arguments.
  package var arguments: [UInt64]
  /// What it answered, or the number of an error. Nil if the thread waits, or the call does not return.
  package var result: (value: UInt64, isError: Bool)?
}

extension Timeline {
  /// The last system calls before the present step, oldest first. The machine is where it was afterwards.
  ///
  /// - Parameter count: how many at most.
  /// - Returns: nil if the machine was interrupted, which is then somewhere else.
  package func lastSystemCalls(_ count: Int) throws(MachineError) -> [SystemCallRecord]? {
    let here = step
    var end = here
    var found: [SystemCallRecord] = []
    var conditions = StopConditions()
    conditions.systemCalls = true
    while found.count < count, end > start, let begin = goToState(before: end) {
      var part: [SystemCallRecord] = []
      while step < end {
        let stop = try run(until: end, conditions, skipsFirst: false)
        if stop == .interrupted { return nil }
        guard stop == .systemCall, step < end else { break }
        part.append(try recordSystemCall())
        if part.count >= 2 * count { part.removeFirst(count) }
      }
      found = Array((part + found).suffix(count))
      end = begin
    }
    try go(to: here)
    return found
  }

  /// Executes the system call that is next.
  private func recordSystemCall() throws(MachineError) -> SystemCallRecord {
    let thread = machine.state.activeThread ?? ThreadState(id: 0, version: machine.version)
    var record = SystemCallRecord(of: thread, step: step, machine.version)
    try go(to: step + 1)
    record.complete(machine)
    return record
  }
}

extension SystemCallRecord {
  /// The call that a thread is about to make.
  init(of thread: ThreadState, step: UInt64, _ version: StateVersion) {
    let number = thread.registers[2]
    let last = version.wordSize == .bits64 ? 9 : 7
    self.init(
      step: step, thread: thread.id, pc: thread.pc, number: number,
      name: SystemCallRow.name(of: number, version.wordSize),
      arguments: (4...last).map { thread.registers[$0] })
  }

  /// Adds what the machine, which has made the call, answered.
  mutating func complete(_ machine: Machine) {
    let threads = machine.state.threads
    guard let after = (threads.left + threads.right).first(where: { $0.id == thread }),
      after.pc != pc, !after.exited, !machine.hasExited
    else { return }
    result = (after.registers[2], after.registers[7] != 0)
  }
}

extension SystemCallRow {
  /// Linux's name of a system call, if the table has one.
  fileprivate static func name(of number: UInt64, _ wordSize: WordSize) -> String? {
    all.first { $0.number(wordSize) == number }?.name
  }
}

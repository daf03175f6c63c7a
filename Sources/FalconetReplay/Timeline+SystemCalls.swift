import FalconetMachine

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
    var record = SystemCallRecord(of: thread, step: step, machine.version).withText(machine.memory)
    try go(to: step + 1)
    record.complete(machine)
    return record
  }
}

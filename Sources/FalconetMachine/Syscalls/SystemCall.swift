/// What a system call does: nothing, or one of the functions that the step has.
///
/// All else that is said of one stands in its row of the system call table: see ``SystemCallRow/all``.
package enum SystemCall: Sendable, Equatable, CaseIterable {
  case mmap, brk, clone, exitGroup, read, write, fcntl, exit, yield, gettid, futex, open
  case clockGetTime, getrandom, eventfd2
  /// Answers 0 and does nothing.
  case noOperation

  /// What the number in register 2 asks for, or nil if the machine must stop.
  package init?(number: UInt64, under rules: Rules) {
    if let call = SystemCallNumbers.call(of: number, under: rules) {
      self = call
    } else if rules.ignoresUnknownSystemCalls {
      self = .noOperation
    } else {
      return nil
    }
  }
}

/// Linux error numbers that system calls answer.
enum ErrorNumber: UInt64 {
  case badDescriptor = 9
  case tryAgain = 11
  case invalid = 22
  case timedOut = 145
}

/// What a system call answers.
enum SystemCallResult {
  case value(UInt64)
  case failed(ErrorNumber)
}

import FalconetSystem

/// How long a server gets to end, at each step of its shutdown.
package struct Grace: Sendable, Equatable {
  /// From the end of its input to SIGINT.
  package var afterEndOfInput: Duration
  /// From SIGINT to SIGKILL.
  package var afterInterrupt: Duration
  /// What processes that the server started get at each step once the server itself has ended.
  package var leftovers: Duration

  package init(afterEndOfInput: Duration, afterInterrupt: Duration, leftovers: Duration) {
    self.afterEndOfInput = afterEndOfInput
    self.afterInterrupt = afterInterrupt
    self.leftovers = leftovers
  }

  /// 30 seconds for each step, as Cannon gives; one for leftovers.
  package static let standard = Grace(
    afterEndOfInput: .seconds(30), afterInterrupt: .seconds(30), leftovers: .seconds(1))

  /// 2 seconds for each step; half a second for leftovers.
  package static let short = Grace(
    afterEndOfInput: .seconds(2), afterInterrupt: .seconds(2), leftovers: .milliseconds(500))
}

/// How a server ended.
package struct ShutdownReport: Sendable, Equatable, CustomStringConvertible {
  /// What it took.
  package enum Ending: Sendable, Equatable {
    /// It had ended, or ended when its input did.
    case byItself
    /// It ended after SIGINT.
    case afterInterrupt
    /// It ignored that too, and was killed.
    case afterKill
  }

  /// The server's exit status; nil if the system did not end it even by SIGKILL.
  package var status: ExitStatus?
  /// What it took to end the server.
  package var ending: Ending
  /// Whether the standard streams stayed open after the server's end: processes that it had started
  /// kept them, and were ended as far as they were in its group.
  package var leftovers: Bool

  package init(status: ExitStatus?, ending: Ending, leftovers: Bool = false) {
    self.status = status
    self.ending = ending
    self.leftovers = leftovers
  }

  /// Whether the server ended by itself, with code 0, and left nothing behind.
  package var isClean: Bool { status == .exited(code: 0) && ending == .byItself && !leftovers }

  package var description: String {
    let how =
      switch ending {
      case .byItself: ""
      case .afterInterrupt: " after SIGINT"
      case .afterKill: " after SIGKILL"
      }
    let rest = leftovers ? "; processes it had left behind were ended" : ""
    return "the pre-image server \(status?.description ?? "could not be ended")\(how)\(rest)"
  }
}

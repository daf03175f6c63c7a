/// How a process ended.
package enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
  /// It ended by itself, with this code.
  case exited(code: Int32)
  /// This signal ended it.
  case killed(signal: Int32)
  /// It ended, and the system does not tell how: the program ignores SIGCHLD, or somebody else
  /// waited for it.
  case unknown

  /// The rest of a sentence that begins with the process's name.
  package var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .killed(let signal): "was killed by signal \(signal)"
    case .unknown: "ended"
    }
  }
}

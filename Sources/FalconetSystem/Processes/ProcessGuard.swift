import CFalconetProcess
import FalconetLibc

/// The guard of a child: a process in the child's group, which ends the group once this process is
/// gone, however it ended. It is ended with this object.
///
/// It is a child of this process too. That it is in the group also keeps the group's number from
/// becoming another's.
package final class ProcessGuard {
  package let id: pid_t
  /// Whether it is a program of its own, of a few pages; else a copy of this process.
  package let isSmall: Bool
  private let lifeline: Int32
  private var hasEnded = false

  init(_ family: falconet_family) {
    id = family.guard
    isSmall = family.is_small != 0
    lifeline = family.lifeline
  }

  deinit { end() }

  /// Whether the guard was waited for, so that its number, and its group's, may be another's.
  package var isGone: Bool {
    var info = siginfo_t()
    return hasEnded || waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) != 0
  }

  /// Ends the guard, and nothing else. Does nothing the second time.
  package func end() {
    guard !hasEnded else { return }
    let isGone = isGone
    hasEnded = true
    if !isGone {
      kill(id, SIGKILL)
      while waitpid(id, nil, 0) == -1, errno == EINTR {}
    }
    close(lifeline)
  }
}

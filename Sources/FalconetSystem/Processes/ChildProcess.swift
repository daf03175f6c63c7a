import FalconetLibc
import SystemPackage

/// A child process that leads a process group, from its start until it is reaped.
///
/// It stays unreaped until ``reap()`` even when it has ended: its number, and its group's, belong
/// to nobody else that long, so that a signal can't reach a stranger.
package final class ChildProcess {
  package let id: pid_t
  /// Ends the group if this process can't.
  package let guardian: ProcessGuard
  private var known: ExitStatus?
  private var isReaped = false

  package init(id: pid_t, guardian: ProcessGuard) {
    self.id = id
    self.guardian = guardian
  }

  /// How the process ended; nil while it runs. Costs one system call while it runs.
  package func exitStatus() -> ExitStatus? {
    if known != nil { return known }
    var info = siginfo_t()
    let result = waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT)
    if result != 0 {
      if errno == ECHILD {
        known = .unknown
        isReaped = true
      }
    } else if info.si_signo == SIGCHLD {
      let code = info._sifields._sigchld.si_status
      known = info.si_code == CLD_EXITED ? .exited(code: code) : .killed(signal: code)
    }
    return known
  }

  /// Waits for its end, at most `time`.
  package func waitForExit(atMost time: Duration) -> ExitStatus? {
    let clock = SuspendingClock()
    let end = clock.now.advanced(by: time)
    while true {
      if let status = exitStatus() { return status }
      let left = clock.now.duration(to: end)
      if left <= .zero { return nil }
      _ = PipeIO.wait(for: [], atMost: min(left, .milliseconds(2)))
    }
  }

  /// Sends `signal` to all processes of the group.
  package func signalGroup(_ signal: Int32) {
    // The guard is in the group, so the number is the group's as long as one of them is not reaped.
    if !isReaped || !guardian.isGone { kill(-id, signal) }
  }

  /// Removes the ended process from the system's table, and ends its guard. Does nothing while it
  /// runs.
  package func reap() {
    guard exitStatus() != nil else { return }
    guardian.end()
    guard !isReaped else { return }
    while waitpid(id, nil, 0) == -1, errno == EINTR {}
    isReaped = true
  }
}

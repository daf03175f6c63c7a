import FalconetLibc

/// The time that the process has: when it is over, ``Interruption`` is requested, with the cause
/// ``Interruption/Cause/deadline``.
///
/// One timer of the kernel and no thread. It goes by a monotonic clock, so that setting the system's
/// clock changes nothing; a child process does not inherit it.
package enum Deadline {
  /// Starts the timer, or starts it again.
  ///
  /// Takes over SIGALRM, and unblocks it for the calling thread and those that it starts. Call
  /// ``Interruption/install()`` first, or waits do not end.
  ///
  /// - Parameter seconds: the time from now on; 0 stops the timer.
  package static func set(seconds: UInt64) {
    if seconds > 0 {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = recordInterruption
      sigemptyset(&action.sa_mask)
      action.sa_flags = 0
      // The handler's globals are initialized before it can run.
      _ = Interruption.cause
      _ = Interruption.isRequested
      _ = Interruption.descriptor
      sigaction(SIGALRM, &action, nil)
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGALRM)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
    var timer = itimerval()
    // More than the kernel takes is for ever.
    timer.it_value.tv_sec = Int(clamping: min(seconds, 1 << 32))
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
  }

  /// Stops the timer. A deadline that has passed stays so.
  package static func clear() { set(seconds: 0) }
}

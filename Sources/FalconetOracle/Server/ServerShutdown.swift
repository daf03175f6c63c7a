import FalconetLibc
import FalconetStreams
import FalconetSystem

/// Ends a server whose input is closed already: politely, then not.
///
/// The server counts as gone when its process has ended and nobody holds its standard streams open.
/// What it started and left running is ended with it, as far as it stayed in the process group.
struct ServerShutdown {
  let process: ChildProcess
  let pump: OutputPump
  let grace: Grace
  /// Its hurried grace is taken from the moment the run is interrupted.
  let options: ServerOracle.Options

  /// How long the system gets to carry out SIGKILL: a process may hang in a system call.
  private static let killing = Duration.seconds(5)

  func run() -> ShutdownReport {
    var ending = ShutdownReport.Ending.byItself
    var leftovers = false
    var isGone = wait { $0.afterEndOfInput }
    if !isGone {
      if process.exitStatus() == nil { ending = .afterInterrupt } else { leftovers = true }
      process.signalGroup(SIGINT)
      isGone = wait { $0.afterInterrupt }
    }
    if !isGone {
      if process.exitStatus() == nil { ending = .afterKill } else { leftovers = true }
      process.signalGroup(SIGKILL)
      _ = process.waitForExit(atMost: Self.killing)
    } else {
      // For what stayed in the group and is quiet. The server has ended, so it is not for it.
      process.signalGroup(SIGTERM)
    }
    pump.stop()
    let status = process.exitStatus()
    process.reap()
    return ShutdownReport(status: status, ending: ending, leftovers: leftovers)
  }

  /// Waits for the server to be gone, as long as `part` of the grace allows.
  ///
  /// - Returns: whether it is.
  private func wait(_ part: (Grace) -> Duration) -> Bool {
    let clock = SuspendingClock()
    let start = clock.now
    var endOfServer: SuspendingClock.Instant?
    var pause = Duration.milliseconds(1)
    while true {
      pump.serve()
      let hasEnded = process.exitStatus() != nil
      if hasEnded, pump.isFinished { return true }
      let now = clock.now
      if hasEnded, endOfServer == nil { endOfServer = now }
      let isHurried = options.cancellation.isRequested
      let current = isHurried ? options.hurriedGrace : grace
      var end = start.advanced(by: part(current))
      if let endOfServer { end = min(end, endOfServer.advanced(by: current.leftovers)) }
      if now >= end { return false }
      // The descriptor would stay readable and end each pause at once.
      let watched = isHurried ? -1 : options.cancellation.descriptor
      _ = PipeIO.wait(
        for: [(watched, POLLIN)] + pump.watched, atMost: min(pause, now.duration(to: end)))
      pause = min(pause * 2, .milliseconds(50))
    }
  }
}

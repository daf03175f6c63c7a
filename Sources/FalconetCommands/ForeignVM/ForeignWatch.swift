import FalconetForeignVM
import FalconetLibc
import FalconetThreads

/// Ends the process if a VM in it does not return after a stop was asked for, and turns a call of `exit` by a VM into an
/// error. Nothing but the end of the process ends code in it.
enum ForeignWatch {
  /// How long a call of a VM may go on after the process was asked to stop.
  private static let patience = 5

  /// Starts the watch, once. It needs ``Interruption/install()``.
  static func start() { _ = started }

  private static let started: Void = {
    atexit {
      guard ForeignCalls.isOpen else { return }
      ForeignWatch.end(1, "the VM ended the process")
    }
    guard Interruption.descriptor >= 0 else { return }
    _ = BackgroundThread {
      var wish = pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0)
      while Interruption.cause == nil { poll(&wish, 1, -1) }
      var (call, seconds) = (ForeignCalls.count, 0)
      while seconds < patience {
        sleep(1)
        seconds = ForeignCalls.isOpen && ForeignCalls.count == call ? seconds + 1 : 0
        call = ForeignCalls.count
      }
      let code: Int32 = Interruption.cause == .deadline ? 3 : 130
      end(code, "the VM did not come back \(patience) s after it was to stop")
    }
  }()

  /// Ends the process at once.
  private static func end(_ code: Int32, _ message: String) -> Never {
    let line = Array("error: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    _exit(code)
  }
}

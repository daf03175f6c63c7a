import FalconetForeignVM
import FalconetLibc
import FalconetSystem
import FalconetThreads

/// Keeps a command that loads a VM's library from hanging or ending as the VM likes.
///
/// A second process waits for the one that loads the library, since a VM can end its process in ways that no handler
/// sees. Inside it, a thread ends the process if the VM does not return after a stop was asked for: nothing else ends
/// code in it.
enum ForeignWatch {
  /// How long a call of a VM may go on after the process was asked to stop.
  private static let patience = 5

  /// The error if the VM ended the process.
  static let complaint = "the VM ended the process"

  /// Whether a command line loads a library into its process. `conform` has processes of its own for that.
  static func isNeeded(_ arguments: [String]) -> Bool {
    arguments.first != "conform" && arguments.contains { $0.hasPrefix("--vm-library") }
  }

  /// Starts the thread, once. It needs ``Interruption/install()``.
  static func start() { _ = started }

  private static let started: Void = {
    guard Interruption.descriptor >= 0 else { return }
    _ = BackgroundThread {
      var wish = pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0)
      while Interruption.cause == nil { poll(&wish, 1, -1) }
      var left = ForeignPatience(seconds: patience, ForeignCalls.now)
      repeat { sleep(1) } while !left.pass(ForeignCalls.now)
      end(
        Interruption.cause == .deadline ? 3 : 130,
        "the VM did not come back \(patience) s after it was to stop")
    }
  }()

  /// Ends the process at once.
  private static func end(_ code: Int32, _ message: String) -> Never {
    let line = Array("error: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    WatchedProcess.reportEnd(code)
    _exit(code)
  }
}

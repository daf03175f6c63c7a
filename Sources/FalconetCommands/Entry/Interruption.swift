import FalconetLibc
import FalconetStreams
import FalconetSystem
import Synchronization
import SystemPackage

// A signal handler may only touch globals that are initialized already: `install()` uses each of
// them before it sets the handler.
private let requested = Atomic<Bool>(false)
/// The raw value of the first cause; 0 before it.
private let firstCause = Atomic<UInt8>(0)
private let readEnd = Atomic<Int32>(-1)
private let writeEnd = Atomic<Int32>(-1)

/// The handler of SIGINT, SIGTERM and SIGHUP, and of the deadline's SIGALRM. It calls only what is
/// async-signal-safe: lock-free atomics and `write` on a pipe that never blocks.
func recordInterruption(_ signal: Int32) {
  let saved = errno
  let cause: Interruption.Cause = signal == SIGALRM ? .deadline : .request
  _ = firstCause.compareExchange(
    expected: 0, desired: cause.rawValue, ordering: .sequentiallyConsistent)
  requested.store(true, ordering: .sequentiallyConsistent)
  var byte: UInt8 = 1
  _ = Glibc.write(writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
  errno = saved
}

/// The wish of the user, by SIGINT, SIGTERM or SIGHUP, that the program stops: one flag for the process.
///
/// Loops of commands that run long look at `isRequested`; the library gets ``cancellation``.
///
/// Safety: only addresses of signal handlers are compared; none is called through its bits.
package enum Interruption {
  /// Why the program is to stop.
  package enum Cause: UInt8, Sendable {
    /// A signal or a call asked for it.
    case request = 1
    /// The time of ``Deadline`` is over.
    case deadline = 2
  }

  /// Whether a stop was asked for. Costs one load.
  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// What asked for a stop first; nil if nothing did.
  package static var cause: Cause? { Cause(rawValue: firstCause.load(ordering: .acquiring)) }

  /// The descriptor that becomes readable, and stays so, when a stop is asked for; -1 before
  /// `install()`.
  package static var descriptor: Int32 { readEnd.load(ordering: .acquiring) }

  /// The stop, for the library: it ends waits, and the loading of large states.
  package static var cancellation: Cancellation {
    Cancellation(descriptor: descriptor) { isRequested }
  }

  /// Asks for a stop, as the signals do. Callable from any thread.
  package static func request() { recordInterruption(0) }

  /// Takes over SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE so that writing to a pipe without
  /// reader is an error instead of the end of the process. A SIGHUP that is ignored stays so: the
  /// program was started by `nohup`.
  ///
  /// If the parent process left these signals blocked, they are unblocked for the calling thread
  /// and those that it starts; a signal that came before is then noticed.
  ///
  /// A second signal changes nothing. Further calls do nothing. A child process inherits the
  /// ignored SIGPIPE unless its spawn attributes reset it.
  /// - Throws: `.system` if no pipe can be made.
  package static func install() throws(StreamError) {
    guard descriptor < 0 else { return }
    let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    do throws(Errno) {
      ends = try systemCall { try FileDescriptor.pipe(options: [.closeOnExec, .nonBlocking]) }
    } catch {
      throw StreamError(
        .system(errno: error.rawValue), message: "a pipe for signals cannot be created",
        remedy: "raise the limit of open files (ulimit -n)")
    }
    writeEnd.store(ends.writeEnd.rawValue, ordering: .sequentiallyConsistent)
    readEnd.store(ends.readEnd.rawValue, ordering: .sequentiallyConsistent)

    // No SA_RESTART: a system call that waits returns EINTR, and its loop sees the flag.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = recordInterruption
    sigemptyset(&action.sa_mask)
    action.sa_flags = 0
    _ = requested.load(ordering: .relaxed)
    _ = firstCause.load(ordering: .relaxed)
    var caught = [SIGINT, SIGTERM]
    if !isIgnored(SIGHUP) { caught.append(SIGHUP) }
    for signal in caught { sigaction(signal, &action, nil) }
    signal(SIGPIPE, SIG_IGN)

    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in caught { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    // A handler's address is compared, and not called.
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Forgets the request, so that another test can start. The handlers stay.
  package static func reset() {
    requested.store(false, ordering: .sequentiallyConsistent)
    firstCause.store(0, ordering: .sequentiallyConsistent)
    guard descriptor >= 0 else { return }
    var byte: UInt8 = 0
    while Glibc.read(descriptor, &byte, 1) == 1 {}
  }
}

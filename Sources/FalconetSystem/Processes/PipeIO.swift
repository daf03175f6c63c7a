import FalconetLibc
import SystemPackage

/// Reading and writing pipes without waiting, and waiting for them.
///
/// Safety: bytes go to and from memory that is valid for the one call it is handed
/// to, with its own count.
package enum PipeIO {
  /// What one attempt to read or write did.
  package enum Outcome: Equatable {
    /// So many bytes moved, at least one.
    case moved(Int)
    /// Nothing can move now.
    case wouldBlock
    /// The other side is closed.
    case closed
    case failed(Errno)

    init(failure: Int32) {
      switch failure {
      case EAGAIN, EINTR: self = .wouldBlock
      case EPIPE: self = .closed
      default: self = .failed(Errno(rawValue: failure))
      }
    }
  }

  /// The most bytes that one read takes: what a pipe holds.
  package static let chunkSize = 65536

  /// Makes a pipe whose ends are closed in children, and lie above the numbers that
  /// ``ProcessSpawner`` gives its child and above the standard streams, which may be closed here.
  package static func make() throws(Errno) -> (read: FileDescriptor, write: FileDescriptor) {
    let low = try FileDescriptor.pipe(options: .closeOnExec)
    defer {
      close(low.readEnd.rawValue)
      close(low.writeEnd.rawValue)
    }
    let read = try moved(low.readEnd)
    do throws(Errno) { return (read, try moved(low.writeEnd)) } catch {
      close(read.rawValue)
      throw error
    }
  }

  /// A copy of a descriptor, closed in children, above the numbers that ``ProcessSpawner`` gives its
  /// child.
  package static func moved(_ descriptor: FileDescriptor) throws(Errno) -> FileDescriptor {
    let copy = fcntl(
      descriptor.rawValue, F_DUPFD_CLOEXEC, ProcessSpawner.firstFreeDescriptor)
    guard copy >= 0 else {
      // So says the system if the limit of open files is not above the number.
      throw errno == EINVAL ? .tooManyOpenFiles : Errno(rawValue: errno)
    }
    return FileDescriptor(rawValue: copy)
  }

  /// Makes reads and writes of this end return at once.
  package static func makeNonBlocking(_ end: FileDescriptor) {
    _ = fcntl(end.rawValue, F_SETFL, fcntl(end.rawValue, F_GETFL) | O_NONBLOCK)
  }

  /// Appends to `bytes` what one read gives, at most `limit` bytes.
  package static func read(_ end: FileDescriptor, into bytes: inout [UInt8], atMost limit: Int)
    -> Outcome
  {
    withUnsafeTemporaryAllocation(byteCount: min(limit, chunkSize), alignment: 1) { buffer in
      let count = Glibc.read(end.rawValue, buffer.baseAddress, buffer.count)
      guard count >= 0 else { return Outcome(failure: errno) }
      bytes.append(contentsOf: buffer[..<count])
      return count == 0 ? .closed : .moved(count)
    }
  }

  /// Writes what one write takes of `bytes`, without the signal SIGPIPE.
  ///
  /// The signal is held back in this thread for the call, and taken back if the call raised it, so
  /// that nothing depends on what the program does with it elsewhere.
  package static func write(_ end: FileDescriptor, _ bytes: ArraySlice<UInt8>) -> Outcome {
    var pipeSignal = sigset_t()
    var pending = sigset_t()
    var previous = sigset_t()
    sigemptyset(&pipeSignal)
    sigaddset(&pipeSignal, SIGPIPE)
    sigpending(&pending)
    pthread_sigmask(SIG_BLOCK, &pipeSignal, &previous)
    let count = bytes.withUnsafeBytes { Glibc.write(end.rawValue, $0.baseAddress, $0.count) }
    let failure = errno
    if count < 0, failure == EPIPE, sigismember(&pending, SIGPIPE) == 0 {
      var none = timespec()
      while sigtimedwait(&pipeSignal, nil, &none) == -1, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    return count < 0 ? Outcome(failure: failure) : .moved(count)
  }

  /// Waits until one of `descriptors` is ready for `events` or at its end, at most `time`.
  ///
  /// - Returns: for each whether it is; all false after `time` or a signal. A negative descriptor
  ///   is never ready.
  package static func wait(
    for descriptors: [(descriptor: Int32, events: Int32)], atMost time: Duration
  ) -> [Bool] {
    var polled = descriptors.map {
      pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0)
    }
    let count = poll(&polled, nfds_t(polled.count), milliseconds(time))
    return polled.map { count > 0 && $0.revents != 0 }
  }

  /// `time` in milliseconds, rounded up, for `poll`.
  private static func milliseconds(_ time: Duration) -> Int32 {
    if time <= .zero { return 0 }
    if time > .seconds(3600) { return 3_600_000 }
    let (seconds, attoseconds) = time.components
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}

import FalconetLibc
import Synchronization

/// Work beside the calling thread, one piece at a time: on a thread made for it, or in the calling
/// thread if none can be made.
package final class BackgroundWork: Sendable {
  private let thread = Mutex<BackgroundThread?>(nil)

  package init() {}

  /// Waits for the piece before, then starts this one.
  package func start(_ body: @escaping @Sendable () -> Void) {
    thread.withLock { thread in
      thread?.join()
      thread = BackgroundThread(body)
      if thread == nil { body() }
    }
  }

  /// Waits until nothing is left to do.
  package func wait() {
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}

/// A thread of the operating system that runs one closure.
///
/// Safety: the box with the closure goes through C as a pointer: it is retained once
/// here, and released once by the thread, or here if no thread could be made.
package final class BackgroundThread {
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let handle: pthread_t
  private var isJoined = false

  /// Starts the thread. It takes no signals: their handlers run on the program's other threads.
  ///
  /// - Returns: nil if the system has no thread to give: a limit of processes, or of memory. The
  ///   caller then does the work itself.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Box(body))
    // The thread inherits the mask, so that no signal comes between its start and its first line.
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    var handle = pthread_t()
    let result = unsafe pthread_create(
      &handle, nil,
      { pointer in
        if let pointer = unsafe pointer {
          unsafe Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
        }
        return nil
      }, unsafe box.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
    guard result == 0 else {
      unsafe box.release()
      return nil
    }
    self.handle = handle
  }

  deinit { if !isJoined { pthread_detach(handle) } }

  /// Waits until the closure has returned.
  package func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(handle, nil)
  }
}

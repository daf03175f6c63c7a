import Glibc

/// A thread of the operating system that runs one closure.
///
/// The unsafe part is the box with the closure, passed through C as a pointer: it is retained once
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
    let box = Unmanaged.passRetained(Box(body))
    // The thread inherits the mask, so that no signal comes between its start and its first line.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    var handle = pthread_t()
    let result = pthread_create(
      &handle, nil,
      { pointer in
        if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    guard result == 0 else {
      box.release()
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

import Glibc
import SystemPackage

/// A thread of the operating system that runs one closure, for work that blocks.
///
/// The unsafe part is the box with the closure, passed through C as a pointer: it is retained once
/// here and released once by the thread, and by nobody where the thread could not be made but here.
final class BackgroundThread {
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let handle: pthread_t
  private var isJoined = false

  /// Starts the thread. It takes no signals: their handlers run on the program's other threads.
  init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
    var handle = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let result = pthread_create(
      &handle, nil,
      { pointer in
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    guard result == 0 else {
      box.release()
      throw Errno(rawValue: result)
    }
    self.handle = handle
  }

  deinit { if !isJoined { pthread_detach(handle) } }

  /// Waits until the closure has returned.
  func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(handle, nil)
  }
}

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

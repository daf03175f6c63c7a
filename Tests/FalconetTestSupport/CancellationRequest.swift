import FalconetStreams
import Glibc
import Synchronization

/// A cancellation that a test requests.
package final class CancellationRequest: Sendable {
  private let isMade = Atomic(false)
  private let ends: [Int32]

  /// - Parameter hasDescriptor: whether waits see the request at once, or have to ask.
  package init(hasDescriptor: Bool = true) {
    var ends: [Int32] = [-1, -1]
    if hasDescriptor { precondition(pipe(&ends) == 0) }
    self.ends = ends
  }

  deinit { for end in ends where end >= 0 { close(end) } }

  package var cancellation: Cancellation {
    Cancellation(descriptor: ends[0]) { [self] in isMade.load(ordering: .acquiring) }
  }

  package func make() {
    isMade.store(true, ordering: .releasing)
    _ = write(ends[1], "x", 1)
  }
}

/// Work on a thread of its own, which needs none of the test library's: tests that wait may have them all.
package final class Aside: Sendable {
  private let hasEnded = Atomic(false)

  /// - Parameter milliseconds: how long the thread waits before it begins.
  @discardableResult
  package init(after milliseconds: UInt32 = 0, _ body: @escaping @Sendable () -> Void) {
    let start = {
      usleep(milliseconds * 1000)
      body()
      self.hasEnded.store(true, ordering: .releasing)
    }
    let box = Unmanaged.passRetained(Start(start))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    precondition(status == 0)
    pthread_detach(thread)
  }

  private final class Start {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Waits for the end of the work.
  ///
  /// - Returns: whether it ended.
  package func wait() -> Bool { eventually { hasEnded.load(ordering: .acquiring) } }
}

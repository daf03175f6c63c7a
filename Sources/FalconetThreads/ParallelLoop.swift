import FalconetLibc
import Synchronization

/// A loop whose turns are done by several threads at once.
///
/// The calling thread works as the others do, and waits only for turns that another has begun. So a
/// loop ends whether the system gives threads or not, and whatever the processors are busy with.
/// ``Helpers`` keeps the other threads for a while; a loop costs some microseconds.
package enum ParallelLoop {
  /// The threads of a loop that computes: one for each of the host's cores, at most 16, since none
  /// of ours gets faster with more.
  package static let width = min(HostCores.count, 16)

  /// Calls `body` with each number below `count`, lowest first, some at the same time.
  ///
  /// - Parameters:
  ///   - threads: how many threads work at most.
  ///   - body: gets the number, and the number of the thread that calls it, below `threads`. No two
  ///     calls with one thread's number overlap.
  package static func run(
    _ count: Int, threads: Int = width, _ body: @Sendable (_ turn: Int, _ thread: Int) -> Void
  ) {
    let helpers = min(threads, count) - 1
    guard helpers > 0 else {
      for turn in 0..<count { body(turn, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let loop = SharedLoop(count: count, body)
      let crew = Helpers.current
      crew.offer(loop, to: helpers)
      loop.work(as: 0)
      crew.withdraw(loop)
      loop.forget()
    }
  }

  /// The results of `body` for each of `items`, in their order.
  package static func map<Item: Sendable, Value: Sendable>(
    _ items: [Item], threads: Int = width, _ body: @Sendable (Item) -> Value
  ) -> [Value] {
    let results = Mutex([Value?](repeating: nil, count: items.count))
    run(items.count, threads: threads) { turn, _ in
      let value = body(items[turn])
      results.withLock { $0[turn] = value }
    }
    // Every turn was taken by one thread.
    return results.withLock { $0 }.compactMap { $0 }
  }

  /// The parts to split `count` pieces of work into, each of at least `least` pieces.
  package static func ranges(of count: Int, least: Int, threads: Int) -> [Range<Int>] {
    let parts = max(min(threads, count / max(least, 1)), 1)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}

/// What the threads of one loop share.
///
/// Safety: `body` is set at the start and taken away by ``forget()``, which the loop's owner calls
/// once no other thread is in ``work(as:)``. `active` and `numbered` are used under the lock of
/// ``Helpers``.
final class SharedLoop: @unchecked Sendable {
  private let count: Int
  private var body: (@Sendable (_ turn: Int, _ thread: Int) -> Void)?
  private let next = Atomic<Int>(0)

  /// Helpers that are at work.
  var active = 0
  /// Helpers that ever were.
  var numbered = 0

  init(count: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
    self.count = count
    self.body = body
  }

  /// Does turns until none is left.
  func work(as thread: Int) {
    while true {
      let turn = next.add(1, ordering: .relaxed).oldValue
      guard turn < count else { return }
      body?(turn, thread)
    }
  }

  func forget() { body = nil }
}

/// The host's processor cores.
package enum HostCores {
  /// Those that are on line, at least 1.
  package static let count = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
}

import Dispatch
import FalconetMachine
import Synchronization

/// Does the same to many values on all cores.
enum Parallel {
  /// The results of `body`, in the order of `items`.
  static func map<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @Sendable (Item) -> Value
  ) -> [Value] {
    let next = Atomic<Int>(0)
    let results = Mutex([Value?](repeating: nil, count: items.count))
    DispatchQueue.concurrentPerform(iterations: min(HostCores.count, items.count)) { _ in
      while true {
        let (position, _) = next.add(1, ordering: .relaxed)
        guard position < items.count else { return }
        let value = body(items[position])
        results.withLock { $0[position] = value }
      }
    }
    // Every position was taken by one thread.
    return results.withLock { $0 }.compactMap { $0 }
  }
}

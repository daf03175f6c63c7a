import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak

/// What was fetched ahead, as a cache in front of the run's own host. The run waits only for what it asks
/// for, and only if a host is at it.
final class PrefetchCache: PreimageCache {
  private let prefetch: Prefetch
  /// Gets what the run did not ask for.
  private let store: any PreimageCache
  private let cancellation: Cancellation
  private let activity: PreimageActivity
  private let onWait: @Sendable () -> Void

  init(
    _ prefetch: Prefetch, store: any PreimageCache, _ source: PreimageSource,
    _ cancellation: Cancellation
  ) {
    self.prefetch = prefetch
    self.store = store
    self.cancellation = cancellation
    activity = source.activity
    onWait = source.onWait
    // Hosts without numbers may exclude one another. The run's own comes first.
    if prefetch.isNumbered { prefetch.start() }
  }

  func preimage(for key: Bytes32) -> [UInt8]? {
    guard PreimagePlan.has(key) else { return nil }
    switch prefetch.find(key) {
    case .value(let value): return value
    case .none: return nil
    case .coming: return wait(for: key)
    }
  }

  private func wait(for key: Bytes32) -> [UInt8]? {
    activity.beginWait(key: key, hint: nil)
    defer { activity.endWait() }
    let end = ContinuousClock.now + prefetch.patience
    while !cancellation.isRequested {
      let left = end - .now
      guard left > .zero else {
        prefetch.abandon(key)
        return nil
      }
      prefetch.wait(atMost: min(left, ServerChannel.slice))
      switch prefetch.find(key) {
      case .value(let value): return value
      case .none: return nil
      case .coming: onWait()
      }
    }
    return nil
  }

  func commitments() -> [[UInt8]] { [] }

  /// The run's own host gave it.
  func add(_ key: Bytes32, _ preimage: [UInt8]) {
    prefetch.note(key)
    prefetch.start()
  }

  func flush() {
    for (key, value) in prefetch.takeAll() { store.add(key, value) }
  }
}

import FalconetMachine
import Keccak
import Synchronization

/// What a source of pre-images has done since it was made, and what it waits for now.
///
/// Safe to use from any thread. A source that is opened more than once adds up.
package final class PreimageActivity: Sendable {
  /// What answered a request.
  package enum Place: String, Sendable, CaseIterable {
    /// Local inputs that the run was given, and what was fetched ahead.
    case memory
    case store
    case directory
    case host
  }

  /// Requests, or hints, and their bytes.
  package struct Count: Sendable, Equatable {
    package var requests: UInt64 = 0
    package var bytes: UInt64 = 0

    fileprivate mutating func add(_ bytes: Int) {
      requests += 1
      self.bytes += UInt64(bytes)
    }
  }

  /// A request that a host has not answered yet.
  package struct Wait: Sendable {
    /// The key; nil if a hint is to be acknowledged.
    package let key: Bytes32?
    /// The last hint that the host got, cut after 256 bytes.
    package let hint: [UInt8]?
    package let since: ContinuousClock.Instant
  }

  /// All of it at one moment.
  package struct Record: Sendable {
    private var counts = [Count](repeating: Count(), count: Place.allCases.count * 8)
    /// Hints that a host got.
    package fileprivate(set) var hints = Count()
    /// Time in requests that a host has answered, or failed.
    fileprivate var finishedWaits = Duration.zero
    /// What the run waits for now.
    package fileprivate(set) var wait: Wait?
    /// How often a host was started, the first time included.
    package fileprivate(set) var starts: UInt64 = 0
    /// How often a host was started in place of one that failed.
    package fileprivate(set) var restarts: UInt64 = 0
    /// Why the last request failed that did.
    package fileprivate(set) var lastFailure: PreimageError.Kind?
    /// What was fetched ahead; nil without a plan.
    package fileprivate(set) var prefetch: PrefetchRecord?

    package init() {}

    /// The requests of a type that a place answered. Types that the protocol does not have count as 0.
    package func count(_ type: UInt8, from place: Place) -> Count {
      counts[Self.index(type, place)]
    }

    /// All requests that a place answered.
    package func count(from place: Place) -> Count {
      (0..<8).reduce(into: Count()) { sum, type in
        let part = count(UInt8(type), from: place)
        sum.requests += part.requests
        sum.bytes += part.bytes
      }
    }

    /// How long the run has waited for hosts in all, the present wait included.
    package func waited(until now: ContinuousClock.Instant = .now) -> Duration {
      finishedWaits + (wait.map { max(now - $0.since, .zero) } ?? .zero)
    }

    fileprivate mutating func add(_ type: UInt8, _ place: Place, _ bytes: Int) {
      counts[Self.index(type, place)].add(bytes)
    }

    private static func index(_ type: UInt8, _ place: Place) -> Int {
      let number =
        switch place {
        case .memory: 0
        case .store: 1
        case .directory: 2
        case .host: 3
        }
      return number * 8 + (PreimageKeyType(rawValue: type) == nil ? 0 : Int(type))
    }
  }

  private let state = Mutex(Record())

  package init() {}

  package var record: Record { state.withLock { $0 } }

  func served(_ key: Bytes32, _ bytes: Int, from place: Place) {
    state.withLock { $0.add(key[0], place, bytes) }
  }

  func sentHint(_ bytes: Int) { state.withLock { $0.hints.add(bytes) } }

  func beginWait(key: Bytes32?, hint: [UInt8]?) {
    let wait = Wait(key: key, hint: hint, since: .now)
    state.withLock { $0.wait = wait }
  }

  func endWait() {
    let now = ContinuousClock.now
    state.withLock { state in
      state.finishedWaits = state.waited(until: now)
      state.wait = nil
    }
  }

  func started(isRestart: Bool) {
    state.withLock { state in
      state.starts += 1
      state.restarts += isRestart ? 1 : 0
    }
  }

  func set(prefetch record: PrefetchRecord) { state.withLock { $0.prefetch = record } }

  func failed(_ kind: PreimageError.Kind) { state.withLock { $0.lastFailure = kind } }
}

/// Passes a source's answers on, and notes how many there were and why requests failed.
struct MeteredOracle: PreimageOracle {
  var source: any PreimageOracle
  let place: PreimageActivity.Place
  let activity: PreimageActivity

  mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    do throws(PreimageError) {
      let preimage = try source.preimage(for: key)
      activity.served(key, preimage.count, from: place)
      return preimage
    } catch {
      activity.failed(error.kind)
      throw error
    }
  }

  mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    do throws(PreimageError) { try source.hint(hint) } catch {
      activity.failed(error.kind)
      throw error
    }
  }

  mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    do throws(PreimageError) { try source.longHint(hint) } catch {
      activity.failed(error.kind)
      throw error
    }
  }

  var takesHints: Bool { source.takesHints }

  mutating func flush() throws(PreimageError) { try source.flush() }
}

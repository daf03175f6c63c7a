import FalconetMachine
import Keccak

/// What happens if a server ends, stalls, or answers with what is no answer.
///
/// A server that gives a pre-image which is not its key's is never started again: ``CheckedOracle`` finds
/// that out, and the run ends.
package struct HostRecovery: Sendable {
  /// How often a server is started again for one request; 0 for never.
  package var restarts = 0
  /// How long the first restart waits. Each further one waits twice as long, up to
  /// ``longestPause``.
  package var firstPause = Duration.milliseconds(250)
  package var longestPause = Duration.seconds(30)
  /// Whether a server that stalls is started again for the same request.
  package var retriesStalls = true

  package init(restarts: Int = 0) { self.restarts = restarts }

  /// How long a restart waits.
  ///
  /// - Parameter failures: how often the request failed before this failure.
  func pause(after failures: Int) -> Duration {
    failures < 20 ? min(firstPause * (1 << failures), longestPause) : longestPause
  }
}

/// A server that failed and is started again.
package struct HostRestart: Sendable {
  /// Why.
  package let error: PreimageError
  /// Which restart for the same request it is, from 1 on.
  package let number: Int
  /// How many there may be.
  package let limit: Int
  /// How long it waits.
  package let pause: Duration
}

/// The hints that a server gets again if it is started in place of another.
///
/// A host goes by the last hint when it is asked for what it does not have. If the program wrote several
/// since the last pre-image that came, all of them count. Before these come the last ones of other kinds,
/// of which a host may have stored one in a place of its own.
struct HintReplay {
  /// Bytes and numbers of hints that are stored; the last one always is.
  private static let byteLimit = 1 << 20
  private static let countLimit = 1024
  private static let kindLimit = 64

  /// The last hints of their kinds, from before the last pre-image.
  private var earlier: [[UInt8]] = []
  /// The hints since the last pre-image, or before it if none came since.
  private var recent: [[UInt8]] = []
  private var recentBytes = 0
  private var isAnswered = false
  /// Whether a hint is missing, since it was too long to be stored.
  private(set) var isIncomplete = false

  /// The last hint.
  var last: [UInt8]? { recent.last }

  /// All of them, in order.
  var hints: [[UInt8]] {
    let kinds = Set(recent.map { HeldHints.kind($0) })
    return earlier.filter { !kinds.contains(HeldHints.kind($0)) } + recent
  }

  mutating func noteAnswer() { isAnswered = true }

  mutating func note(_ hint: [UInt8]) {
    beginIfAnswered()
    recent.append(hint)
    recentBytes += hint.count
    while recentBytes > Self.byteLimit || recent.count > Self.countLimit, recent.count > 1 {
      retireFirst()
    }
  }

  /// Notes a hint that lies in a file, and is not stored.
  mutating func noteLong() {
    beginIfAnswered()
    isIncomplete = true
  }

  private mutating func beginIfAnswered() {
    guard isAnswered else { return }
    isAnswered = false
    isIncomplete = false
    while !recent.isEmpty { retireFirst() }
  }

  private mutating func retireFirst() {
    let hint = recent.removeFirst()
    recentBytes -= hint.count
    earlier.removeAll { HeldHints.kind($0) == HeldHints.kind(hint) }
    guard hint.count <= Self.byteLimit / Self.kindLimit else { return }
    if earlier.count == Self.kindLimit { earlier.removeFirst() }
    earlier.append(hint)
  }
}

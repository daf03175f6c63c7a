/// Which hints a host gets, and when, if a cache answers for it.
package enum HintPolicy: String, Sendable, CaseIterable {
  /// Before a request that the cache cannot answer: the last hint of each kind since the request before,
  /// in order.
  ///
  /// This is what the hosts need. op-program's stores the last hint, and goes by it if it is asked for
  /// what it does not have. Kona's does the same, with a place of its own for the last hint that asks
  /// for an execution's witness.
  case last
  /// Before such a request: all hints since the request before.
  case all
  /// As the program writes them, so that a host works ahead.
  case eager
}

/// The hints that a program wrote and its host did not get yet.
struct HeldHints {
  /// Bytes and numbers of hints that are held at most.
  static let byteLimit = 64 << 20
  static let countLimit = 1 << 20
  /// A host has a dozen kinds.
  static let kindLimit = 256

  private let policy: HintPolicy
  private var hints: [[UInt8]] = []
  private var bytes = 0

  init(_ policy: HintPolicy) { self.policy = policy }

  /// What a hint is of: its text before the first space.
  static func kind(_ hint: [UInt8]) -> ArraySlice<UInt8> {
    hint.prefix { $0 != UInt8(ascii: " ") }
  }

  /// Whether no hint can be held any more.
  var isFull: Bool {
    switch policy {
    case .eager: true
    case .all: bytes >= Self.byteLimit || hints.count >= Self.countLimit
    case .last: bytes >= Self.byteLimit || hints.count >= Self.kindLimit
    }
  }

  mutating func add(_ hint: [UInt8]) {
    if policy == .last, let same = hints.firstIndex(where: { Self.kind($0) == Self.kind(hint) }) {
      bytes -= hints.remove(at: same).count
    }
    hints.append(hint)
    bytes += hint.count
  }

  /// The hints to send, in order, which are then held no more.
  mutating func take() -> [[UInt8]] {
    defer {
      hints = []
      bytes = 0
    }
    return hints
  }
}

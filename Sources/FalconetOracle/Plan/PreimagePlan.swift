import FalconetMachine
import FalconetStreams
import Keccak

/// Which hints a program wrote and which keys it asked for, in order: what hosts can be asked for before
/// another run needs it.
///
/// Nothing in a plan is trusted. What comes of it are pre-images that are compared with their keys, or that
/// the run's own host gave.
package struct PreimagePlan: Sendable, Equatable {
  package enum Entry: Sendable, Equatable {
    case hint([UInt8])
    case key(Bytes32)
  }

  /// An entry, and when it came.
  package struct Item: Sendable, Equatable {
    package let entry: Entry
    /// Milliseconds since the item before, or since the run's start.
    package let delay: UInt64

    package init(_ entry: Entry, delay: UInt64 = 0) {
      self.entry = entry
      self.delay = delay
    }
  }

  package var items: [Item]

  package init(_ items: [Item] = []) { self.items = items }

  /// Whether hosts are asked for a key by a plan: local inputs are a run's own, and for precompiles see
  /// ``has(hint:)``.
  package static func has(_ key: Bytes32) -> Bool {
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256, .sha256, .blob: true
    case .local, .global, .precompile, nil: false
    }
  }

  /// Whether hosts get a hint by a plan: not if it is about a precompile.
  ///
  /// A host executes the precompile and stores the result under the hash of what the hint says, whatever
  /// the hint's kind is. op-program's has two kinds, which divide the same bytes in different ways. The
  /// hint of a forged plan could therefore have an honest host store a wrong result under the key that a
  /// program asks for later, and no hash would tell. Results need no network, so nothing is lost.
  package static func has(hint: [UInt8]) -> Bool { !hint.contains(precompile) }

  private static let precompile = Array("precompile".utf8)

  /// Time from the first item to the last.
  package var duration: Duration {
    let milliseconds = items.dropFirst().reduce(UInt64(0)) { $0 &+ $1.delay }
    return .milliseconds(Int64(clamping: milliseconds))
  }

  /// How many keys it has that other runs may want, each counted once.
  package var uniqueKeyCount: Int {
    var keys: Set<Bytes32> = []
    for item in items { if case .key(let key) = item.entry, Self.has(key) { keys.insert(key) } }
    return keys.count
  }
}

/// What a host is asked for at once: the keys between two hints, after the hints before them.
struct PlanStep: Sendable, Equatable {
  /// Hints that a host gets at most: a plan that was forged has any number.
  static let hintLimit = 64

  var hints: [[UInt8]]
  var keys: [Bytes32]
}

extension PreimagePlan {
  /// The steps of the plan, in order, with each key once.
  ///
  /// - Parameters:
  ///   - policy: which hints a host gets.
  ///   - isKnown: whether a key need not be asked for.
  func steps(_ policy: HintPolicy, isKnown: (Bytes32) -> Bool) -> [PlanStep] {
    var steps: [PlanStep] = []
    var seen: Set<Bytes32> = []
    // Without a program that writes them, eager hints are all hints.
    var held = HeldHints(policy == .eager ? .all : policy)
    var step = PlanStep(hints: [], keys: [])
    var isAsked = false
    func close() { if !step.keys.isEmpty { steps.append(step) } }
    for item in items {
      switch item.entry {
      case .hint(let hint):
        guard Self.has(hint: hint) else { continue }
        if isAsked {
          close()
          step = PlanStep(hints: [], keys: [])
          isAsked = false
        }
        held.add(hint)
      case .key(let key):
        if !isAsked { step.hints = Array(held.take().suffix(PlanStep.hintLimit)) }
        isAsked = true
        guard Self.has(key), seen.insert(key).inserted, !isKnown(key) else { continue }
        step.keys.append(key)
      }
    }
    if isAsked { close() }
    return steps
  }
}

import Keccak

/// What a trace's log says: claims, and the inputs that they depend on.
struct ClaimLogContent {
  private(set) var claims: [UInt64: Bytes32] = [:]
  /// Whether the first byte of a claim says if the state has exited. Claims of other VMs say nothing.
  private let claimsTellExit: Bool
  /// Hashes of local pre-images by their keys, as ``TraceInputs`` makes them.
  private(set) var inputs: [Bytes32: Bytes32] = [:]
  /// The keys of the inputs that are known from adopted files alone: no source of the caller's gave them.
  private(set) var adoptedInputs: Set<Bytes32> = []
  /// A number that no input in the log has.
  private(set) var nextInput: UInt64 = 0
  /// The hash of the identity of the source that all inputs are known to be of.
  var source: Bytes32?
  /// Whether something was adopted of which it is not known which inputs it depends on.
  var hasUnknownInputs = false
  /// The indices of claims that were adopted, or computed from an adopted state. A claim that is then
  /// computed from the prestate on, and is the same, is no longer one of them.
  private(set) var adopted: Set<UInt64> = []
  /// How often adopted claims were discarded.
  private(set) var discardCount = 0
  /// The first index whose claim is that of a state that has exited: all later ones have the same.
  private var exit: UInt64?

  init(claimsTellExit: Bool = true) { self.claimsTellExit = claimsTellExit }

  private func isOfExit(_ claim: Bytes32) -> Bool { claimsTellExit && claim.isOfExit }

  /// What is known to be otherwise if an index has a claim; nil if nothing is.
  func conflict(_ index: UInt64, _ claim: Bytes32) -> TraceError? {
    if let known = claims[index] {
      return known == claim
        ? nil : .contradiction(index: index, known: known, computed: claim)
    }
    if let exit, exit < index, let known = claims[exit] {
      return known == claim ? nil : .contradiction(index: exit, known: known, computed: claim)
    }
    guard isOfExit(claim) else { return nil }
    let later = claims.filter { $0.key > index && $0.value != claim }.min { $0.key < $1.key }
    return later.map { .contradiction(index: $0.key, known: $0.value, computed: claim) }
  }

  /// Whether a claim says something that is not known: itself, or that it was computed.
  func isNew(_ index: UInt64, isAdopted: Bool) -> Bool {
    claims[index] == nil || !isAdopted && adopted.contains(index)
  }

  /// Adds a claim with which nothing conflicts.
  mutating func add(_ index: UInt64, _ claim: Bytes32, isAdopted: Bool) {
    if !isAdopted {
      adopted.remove(index)
    } else if claims[index] == nil {
      adopted.insert(index)
    }
    claims[index] = claim
    if isOfExit(claim) { exit = min(exit ?? index, index) }
  }

  /// Adds an input under a number. One that is there has the same hash, and is the caller's own from then
  /// on unless it is adopted once more.
  mutating func add(input key: Bytes32, _ hash: Bytes32, _ number: UInt64, isAdopted: Bool) {
    if !isAdopted {
      adoptedInputs.remove(key)
    } else if inputs[key] == nil {
      adoptedInputs.insert(key)
    }
    inputs[key] = hash
    nextInput = max(nextInput, number &+ 1)
  }

  mutating func reserve(_ count: Int) { claims.reserveCapacity(count) }

  /// Drops the adopted claims and inputs. No claim is left that depends on unknown inputs.
  mutating func discardAdopted() {
    discardCount += 1
    drop(adopted)
    for key in adoptedInputs { inputs[key] = nil }
    adoptedInputs = []
    hasUnknownInputs = false
  }

  /// Drops claims.
  mutating func drop(_ indices: some Sequence<UInt64>) {
    for index in indices {
      claims[index] = nil
      adopted.remove(index)
    }
    exit = claims.filter { isOfExit($0.value) }.keys.min()
  }

  /// The indices from the first exit on, if their claims are not all the same.
  var inconsistentEnd: [UInt64] {
    guard let exit, let claim = claims[exit] else { return [] }
    let end = claims.filter { $0.key >= exit }
    return end.values.allSatisfy { $0 == claim } ? [] : Array(end.keys)
  }
}

extension Bytes32 {
  /// Whether a claim is that of a state that has exited.
  var isOfExit: Bool { self[0] < 3 }
}

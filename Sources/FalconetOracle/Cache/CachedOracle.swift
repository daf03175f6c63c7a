import FalconetMachine
import FalconetStreams
import Keccak

/// Answers from a cache what it has, and asks a source for everything else.
///
/// The source gets hints before the first request that follows them, by a ``HintPolicy``, and nothing at
/// all as long as the cache answers: a host that starts at its first request (``PreimageHost``) then is
/// not started.
package final class CachedOracle: PreimageOracle {
  private let cache: any PreimageCache
  /// The source of everything else.
  package var source: any PreimageOracle
  private var held: HeldHints
  private let activity: PreimageActivity?
  /// What the cache is.
  private let place: PreimageActivity.Place
  /// The last hints, which may have the input of a precompile.
  private var recent: [[UInt8]] = []
  /// What may be commitments to blobs, in the order in which they were read.
  private var read: [[UInt8]] = []

  /// - Parameter source: gives pre-images that are their keys', as ``CheckedOracle`` does.
  package init(
    _ cache: any PreimageCache, source: any PreimageOracle, hints policy: HintPolicy = .last,
    activity: PreimageActivity? = nil, place: PreimageActivity.Place = .store
  ) {
    self.place = place
    self.activity = activity
    self.cache = cache
    self.source = source
    held = HeldHints(policy)
  }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let preimage = cache.preimage(for: key) {
      activity?.served(key, preimage.count, from: place)
      note(key, preimage)
      return preimage
    }
    try sendHeld()
    let preimage = try source.preimage(for: key)
    if key[0] == PreimageKeyType.precompile.rawValue { addInput(of: key) }
    note(key, preimage)
    cache.add(key, preimage)
    return preimage
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    if recent.count == 16 { recent.removeFirst() }
    recent.append(hint)
    guard source.takesHints else { return try source.hint(hint) }
    held.add(hint)
    if held.isFull { try sendHeld() }
  }

  package func longHint(_ hint: LongHint) throws(PreimageError) {
    try sendHeld()
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package func flush() throws(PreimageError) {
    // A source may have more for the cache.
    try source.flush()
    cache.flush()
  }

  private func sendHeld() throws(PreimageError) {
    for hint in held.take() { try source.hint(hint) }
  }

  /// Adds the input of a precompile, which the cache checks results against as far as it can.
  private func addInput(of key: Bytes32) {
    guard let input = hinted(key) else { return }
    cache.add(Self.inputKey(of: key), input)
  }

  /// The key of what hosts store beside a field element or a result: what its hash is of.
  private static func inputKey(of key: Bytes32) -> Bytes32 {
    var key = key
    key[0] = PreimageKeyType.keccak256.rawValue
    return key
  }

  /// The input of a precompile that a program announced in a hint.
  private func hinted(_ key: Bytes32) -> [UInt8]? {
    let inputKey = Self.inputKey(of: key)
    for hint in recent.reversed() {
      if let input = HintPayload.bytes(of: hint), PreimageKey.keccak256(of: input) == inputKey {
        return input
      }
    }
    return nil
  }

  /// Commitments to blobs are 48 bytes under a SHA-256 key.
  private func note(_ key: Bytes32, _ preimage: [UInt8]) {
    guard key[0] == PreimageKeyType.sha256.rawValue, preimage.count == 48 else { return }
    if read.count == 64 { read.removeFirst() }
    read.append(preimage)
  }

  // MARK: For op-challenger

  /// What the cache has for a key.
  func cached(_ key: Bytes32) -> [UInt8]? { cache.preimage(for: key) }

  /// The input of a precompile's result.
  func input(of key: Bytes32) -> [UInt8]? { hinted(key) ?? cached(Self.inputKey(of: key)) }

  /// What may be commitments to blobs: those that were read last come first.
  func commitments() -> [[UInt8]] { read.reversed() + cache.commitments() }

  /// Asks the source for what the cache answered before. It gets the hints that were held, or if there
  /// are none the last ones: a host goes by them.
  func askSource(_ key: Bytes32) throws(PreimageError) -> [UInt8] {
    let hints = held.take()
    for hint in hints.isEmpty ? Array(recent.suffix(1)) : hints { try source.hint(hint) }
    // Nor may another cache answer.
    if let inner = source as? CachedOracle { return try inner.askSource(key) }
    return try source.preimage(for: key)
  }
}

/// The bytes in a hint such as `l1-precompile-v2 0x0102`.
package enum HintPayload {
  package static func bytes(of hint: [UInt8]) -> [UInt8]? {
    guard let space = hint.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    return Hex.decode(utf8: Array(hint[(space + 1)...]))
  }
}

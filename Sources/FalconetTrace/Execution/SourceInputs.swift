import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak
import Synchronization

/// The source of pre-images, whose local pre-images must be the ones that the directory's claims depend
/// on. The machine reads from it: a local pre-image is compared with the log, or logged at its first read,
/// before it is passed on.
final class SourceInputs: PreimageOracle {
  /// How far the source's inputs are known to be those of the directory's claims.
  private enum Progress {
    case none
    /// The source is the one that they were of before.
    case known
    /// The source was asked for all of them.
    case asked
  }

  private let source: TraceSource
  private let directory: TraceDirectory
  private let claims: ClaimLog
  private let snapshots: SnapshotCache
  private let oracle = HintedOracle()
  private let progress = Mutex(Progress.none)
  /// Why the source's last answer was refused.
  private var refusal: TraceError?

  init(
    _ source: TraceSource, _ directory: TraceDirectory, _ claims: ClaimLog,
    _ snapshots: SnapshotCache
  ) {
    self.source = source
    self.directory = directory
    self.claims = claims
    self.snapshots = snapshots
  }

  // MARK: What the machine reads

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let value = try oracle.preimage(for: key)
    guard TraceInputs.isLocal(key) else { return value }
    do throws(TraceError) { try take(key, hash: TraceInputs.hash(value)) } catch {
      refusal = error
      throw PreimageError(.wrong, key: key, message: error.description)
    }
    return value
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { try oracle.hint(hint) }

  var takesHints: Bool { oracle.takesHints }

  func flush() throws(PreimageError) { try oracle.flush() }

  /// The last hint that the program wrote.
  var lastHint: [UInt8]? {
    get { oracle.hint }
    set { oracle.hint = newValue }
  }

  func disconnect() { oracle.disconnect() }

  // MARK: Checking

  /// Whether the source's inputs were found to be those that the claims depend on, so that what is known
  /// may be answered. May be asked from any thread.
  var areChecked: Bool { progress.withLock { $0 != .none } }

  /// Checks the source again before the next answer.
  ///
  /// - Parameter change: what makes it another.
  func replace(_ change: () -> Void) {
    progress.withLock { $0 = .none }
    change()
    oracle.disconnect()
  }

  /// Throws if the source's inputs are not those that the claims depend on. Opens the source if nothing
  /// else tells.
  func check() throws(TraceError) {
    guard !areChecked else { return }
    try checkGiven()
    let identity = sourceHash
    if claims.hasUnknownInputs, let bound = claims.source, bound != identity {
      throw .otherSource(path: directory.path.fileName)
    }
    if identity == nil || identity != claims.source {
      if claims.hasUnknownInputs && identity == nil || !unknownInputs.isEmpty { try connect() }
      if let identity {
        // If the directory can't be written, the source is asked for its inputs each time.
        try? snapshots.makeRoom(for: UInt64(ClaimRecord.size))
        try? claims.set(source: identity)
      }
    }
    progress.withLock { if $0 == .none { $0 = .known } }
  }

  /// The hash of what the source is known by; nil if it is known by nothing.
  private var sourceHash: Bytes32? {
    source.sourceIdentity?().map { TraceInputs.hash(source: $0, locals: source.localInputs().keys) }
  }

  /// Checks the local inputs that are known without the source.
  private func checkGiven() throws(TraceError) {
    let inputs = claims.inputs
    for (index, value) in source.localInputs().sorted(by: { $0.key < $1.key }) {
      let key = PreimageKey.local(index)
      guard let known = inputs[key] else { continue }
      let hash = TraceInputs.hash(value)
      guard known == hash else { throw differs(key) }
      // If the directory can't be written, it is compared again each time.
      if claims.isAdopted(input: key) { try? take(key, hash: hash) }
    }
  }

  /// The keys that only the source can be asked for, in order.
  private var unknownInputs: [Bytes32] {
    let given = Set(source.localInputs().keys.map { PreimageKey.local($0) })
    return claims.inputs.keys.filter { !given.contains($0) }.sorted {
      $0.bytes.lexicographicallyPrecedes($1.bytes)
    }
  }

  private func differs(_ key: Bytes32, isMissing: Bool = false) -> TraceError {
    // What the source is known by no longer says what its inputs are.
    if let known = claims.source, known == sourceHash { try? claims.set(source: nil) }
    progress.withLock { $0 = .none }
    return .otherInputs(path: directory.path.fileName, key: key, isMissing: isMissing)
  }

  // MARK: The source

  /// Opens the source, if it is not open, and asks it for the inputs that claims depend on.
  func connect() throws(TraceError) {
    if !oracle.isConnected {
      do { oracle.connect(try source.preimages(), isChecked: source.isChecked) } catch {
        throw .source(error)
      }
    }
    guard progress.withLock({ $0 != .asked }) else { return }
    do throws(TraceError) {
      try checkGiven()
      for key in unknownInputs { try ask(key) }
      if claims.hasUnknownInputs { try findInputs() }
    } catch {
      oracle.disconnect()
      throw error
    }
    progress.withLock { $0 = .asked }
  }

  /// Asks the source for an input, which must be as it was.
  private func ask(_ key: Bytes32) throws(TraceError) {
    do throws(PreimageError) { _ = try preimage(for: key) } catch {
      if let failure = takeRefusal() { throw failure }
      switch error.kind {
      // Without a source the inputs are those of the directory.
      case .noSource: return
      case .missing: throw differs(key, isMissing: true)
      case .interrupted: throw .interrupted
      case .wrong, .stalled, .disconnected, .unreadable, .hintLimit: throw .source(error)
      }
    }
  }

  /// Compares a local pre-image of the source with what is known of it, and logs it at its first read. What
  /// depends on it is logged later.
  private func take(_ key: Bytes32, hash: Bytes32) throws(TraceError) {
    if let known = claims.inputs[key] {
      if known != hash { throw differs(key) }
      guard claims.isAdopted(input: key) else { return }
    }
    try snapshots.makeRoom(for: ClaimLog.inputSize)
    try claims.add(input: key, hash, source: sourceHash, isAdopted: false)
  }

  /// Compares a local pre-image that an adopted proof reads with what is known of it. If nothing is, it
  /// counts until the source says otherwise.
  func adopt(_ key: Bytes32, hash: Bytes32) throws(TraceError) {
    let own = PreimageKey.localIndex(of: key).flatMap { source.localInputs()[$0] }
      .map(TraceInputs.hash)
    if let known = claims.inputs[key] ?? own, known != hash {
      // It says nothing of the source.
      throw .otherInputs(path: directory.path.fileName, key: key, isMissing: false)
    }
    guard claims.inputs[key] == nil else { return }
    try snapshots.makeRoom(for: ClaimLog.inputSize)
    try claims.add(input: key, hash, source: sourceHash, isAdopted: own == nil)
  }

  /// Why the source's last answer was refused, once.
  private func takeRefusal() -> TraceError? {
    defer { refusal = nil }
    return refusal
  }

  /// The error of a step. If the source failed, it is reopened before the next one.
  func failed(_ error: MachineError) -> TraceError {
    let refused = takeRefusal()
    guard case .preimage(let failure, _, _) = error else { return .machine(error) }
    oracle.disconnect()
    if let refused { return refused }
    return failure.kind == .interrupted ? .interrupted : .machine(error)
  }

  // MARK: Adopted files

  /// Called before a file is adopted: it belongs to the inputs of the present source. If the source has
  /// no identity, it is asked for the inputs that a program may have read.
  func bindAdoption() throws(TraceError) {
    guard !claims.hasUnknownInputs else { return }
    try snapshots.makeRoom(for: 4 * UInt64(ClaimRecord.size))
    try claims.set(hasUnknownInputs: true)
    if sourceHash == nil {
      progress.withLock { $0 = .none }
      try connect()
    }
  }

  /// Local keys that programs use are numbered from 1.
  private static let usualKeys: ClosedRange<UInt64> = 1...16

  /// Logs the inputs that the source has, of a source that is known by nothing else, so that others are
  /// refused from here on.
  private func findInputs() throws(TraceError) {
    guard sourceHash == nil else { return }
    var isBound = false
    for key in Self.usualKeys.map({ PreimageKey.local($0) }) where claims.inputs[key] == nil {
      do throws(PreimageError) {
        _ = try preimage(for: key)
        isBound = true
      } catch {
        if let failure = takeRefusal() { throw failure }
        switch error.kind {
        case .missing, .noSource: continue
        case .interrupted: throw .interrupted
        case .wrong, .stalled, .disconnected, .unreadable, .hintLimit: throw .source(error)
        }
      }
    }
    if isBound || !claims.inputs.isEmpty { try claims.set(hasUnknownInputs: false) }
  }
}

internal import FalconetOracle
internal import FalconetStore

/// A directory of pre-images that runs, traces and processes share.
///
/// Pre-images whose keys are their hashes are checked when they come in and when they go out. Blobs and
/// results of precompiles cannot be: a source is served those alone that the same host gave, and only if
/// it trusts them. Local inputs are not stored.
///
/// ```swift
/// machine.preimages = .server(host).stored(in: PreimageStore("store"))
/// ```
///
/// A store fails no run: what cannot be read is missing, and what cannot be written is left out.
public struct PreimageStore: Sendable {
  /// Which hints a server gets.
  public enum Hints: Sendable, CaseIterable {
    /// Before a request that the store cannot answer, the last hint of each kind.
    case last
    /// Before a request that the store cannot answer, all hints since the request before.
    case all
    /// Each hint when the program writes it.
    case eager
  }

  /// The directory, which is made if it does not exist.
  public var directory: String
  /// Bytes that the store may take. What was not used for longest goes first.
  public var limit: UInt64 = 10 << 30
  /// Whether blobs are served that the source's own host gave before.
  public var trustsBlobs = false
  /// Whether results of precompiles are served that the source's own host gave before.
  public var trustsPrecompiles = false
  /// Which hints a server gets.
  public var hints = Hints.last
  /// Takes a sentence about what could not be read or written, on the thread that executes.
  public var onReport: @Sendable (String) -> Void = { _ in }

  /// A store in a directory, with the usual limit, that trusts no host.
  public init(_ directory: String) { self.directory = directory }
}

extension PreimageSource {
  /// The same source behind a store, which answers first. A server is started at the first request that
  /// the store cannot answer.
  public func stored(in store: PreimageStore) -> PreimageSource {
    var source = self
    var options = StoreOptions(path: store.directory)
    options.limit = store.limit
    if store.trustsBlobs { options.trusted.insert(.blob) }
    if store.trustsPrecompiles { options.trusted.insert(.precompile) }
    source.value.use(options)
    source.value.hints =
      switch store.hints {
      case .last: .last
      case .all: .all
      case .eager: .eager
      }
    source.value.onCacheReport = store.onReport
    return source
  }
}

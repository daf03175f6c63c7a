import FalconetStreams

/// Why a store cannot be used.
package enum StoreError: Error, Sendable, CustomStringConvertible {
  /// What the directory has is no store.
  case notAStore(path: String, reason: String)
  /// A later release wrote it.
  case otherFormat(path: String, format: Int64)
  /// The database contradicts itself. Nothing of it is used.
  case corrupt(path: String, reason: String)
  /// The disk is full, so that it cannot be used now.
  case noRoom(path: String, reason: String)
  /// The system, or another process, does not let it be used.
  case unusable(path: String, reason: String)
  case file(StreamError)

  package var description: String {
    switch self {
    case .notAStore(let path, let reason):
      "\(path) is no store of pre-images: \(reason): name a new directory, or one that a store is in"
    case .otherFormat(let path, let format):
      "the store \(path) has format \(format), and this release reads format \(StoreLayout.format): "
        + "use another directory, or the release that wrote it"
    case .corrupt(let path, let reason):
      "the store \(path) is corrupt: \(reason): remove it; hosts give what it had"
    case .noRoom(let path, let reason), .unusable(let path, let reason):
      "the store \(path) cannot be used: \(reason)"
    case .file(let error): error.description
    }
  }
}

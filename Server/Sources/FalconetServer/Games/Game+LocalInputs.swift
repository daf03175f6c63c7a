import Falconet

/// The local inputs that a game's client served. The store of all games cannot have them, as each game has its own;
/// here they are kept so that people can look at a game whose host is gone.
extension Game {
  /// They have 32 bytes at most, as a rule.
  private static let sizeLimit = 4096

  /// Nil if the key is no local input's.
  private func localPath(_ key: PreimageKey) -> String? {
    key.bytes[0] == 1 ? "\(directory)/local-\(hex(key.bytes))" : nil
  }

  func localInput(_ key: PreimageKey) -> [UInt8]? {
    localPath(key).flatMap { Files.read($0, limit: Self.sizeLimit) }
  }

  func keep(_ bytes: [UInt8], asLocalInput key: PreimageKey) {
    guard let path = localPath(key), bytes.count <= Self.sizeLimit else { return }
    // Without it, the client is asked again.
    try? Files.write(bytes, to: path)
  }
}

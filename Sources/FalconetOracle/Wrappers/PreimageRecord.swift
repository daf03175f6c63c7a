import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The files of a ``RecordingOracle``, and what is known of them.
///
/// What was not finished is when the object goes.
final class PreimageRecord {
  /// How long files are collected before they are made durable, if they are fewer than a group.
  static let interval = Duration.seconds(1)

  /// Bytes of text that are made at a time: the text of a large pre-image is twice its size.
  private static let pieceSize = 65536
  /// Bytes of a pre-image that waits in memory to be written, at most.
  private static let waitingSize = 1 << 20

  private let files = AtomicFileGroup()
  /// The keys that are stored, or about to be. Of those that don't say what their pre-image is, the
  /// pre-image's hash.
  private var stored: [Bytes32: Bytes32?] = [:]
  /// When the oldest file was written that waits; nil if none does.
  private var waitingSince: ContinuousClock.Instant?

  deinit { try? files.commit() }

  /// Whether the pre-image that is stored for `key` is this one; nil if it is not known.
  func has(_ key: Bytes32, _ preimage: [UInt8]) -> Bool? {
    guard let hash = stored[key] else { return nil }
    return hash.map { $0 == Keccak256.hash(preimage) } ?? true
  }

  /// Notes that a file has the pre-image.
  func note(_ key: Bytes32, _ preimage: [UInt8]) {
    let type = PreimageKeyType(rawValue: key[0])
    let isItsHash = type == .keccak256 || type == .sha256
    stored.updateValue(isItsHash ? nil : Keccak256.hash(preimage), forKey: key)
  }

  /// Writes a file that appears whole or not at all, soon. Why it cannot be written may be thrown by a
  /// later call.
  func write(_ key: Bytes32, _ preimage: [UInt8], to file: FilePath) throws(PreimageError) {
    let write = { @Sendable (output: any ByteSink) throws(StreamError) in
      for start in stride(from: 0, to: preimage.count, by: Self.pieceSize) {
        let piece = preimage[start..<min(start + Self.pieceSize, preimage.count)]
        try output.write(Array(Hex.encode(piece).utf8))
      }
    }
    do throws(StreamError) {
      if preimage.count <= Self.waitingSize {
        try files.writeLater(
          path: file.fileName, permissions: 0o666, size: preimage.count + 128, body: write)
      } else {
        try files.write(
          path: file.fileName, permissions: 0o666, compression: Compression.none, body: write)
      }
    } catch { throw Self.failure(error, key) }
    note(key, preimage)
    if waitingSince == nil { waitingSince = .now }
  }

  /// Begins to make files durable that have waited for ``interval``.
  func beginIfDue() throws(PreimageError) {
    guard let start = waitingSince, ContinuousClock.now - start >= Self.interval else { return }
    waitingSince = nil
    do throws(StreamError) { try files.begin() } catch { throw Self.failure(error) }
  }

  /// Waits until all files are durable.
  func finish() throws(PreimageError) {
    waitingSince = nil
    do throws(StreamError) { try files.commit() } catch { throw Self.failure(error) }
  }

  static func failure(_ error: StreamError, _ key: Bytes32? = nil) -> PreimageError {
    PreimageError(.unreadable, key: key, message: "pre-images cannot be recorded: \(error)")
  }
}

import FalconetStreams
import SystemPackage

/// The last hint that the program wrote before a saved state: its bytes, and their CRC-32, 4 bytes
/// big-endian.
///
/// A host may fetch a pre-image only once it is asked for, and goes by the last hint then. A state
/// may lie between the two, so the hint must be sent again to a new host.
enum SavedHint {
  /// Bytes of a file. A state after a longer hint is not saved, since a host could lack the hint.
  private static let limit = 1 << 27

  /// Whether a hint can be saved.
  static func hasRoom(for hint: [UInt8]) -> Bool { hint.count <= limit - 4 }

  static func encode(_ hint: [UInt8]) -> [UInt8] {
    hint + ClaimRecord.bigEndian(ClaimRecord.checksum(hint))
  }

  /// The hint beside a state; nil where there is none, or a wrong one, which is put aside.
  static func read(_ file: FilePath, _ folder: TraceFolder) -> [UInt8]? {
    guard TraceFolder.isRegular(file), TraceFolder.size(file) <= limit,
      let source = try? FileSource(path: file.fileName),
      let bytes = try? ByteReader(source).readAll(limit: UInt64(limit))
    else { return nil }
    let hint = Array(bytes.dropLast(4))
    guard encode(hint) == bytes else {
      folder.putAside(file, "it does not match its checksum")
      return nil
    }
    return hint
  }
}

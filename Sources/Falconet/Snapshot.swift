internal import FalconetSnapshots
internal import FalconetStreams

/// A format of snapshots. Later releases may add formats.
public struct SnapshotFormat: Hashable, Sendable, CustomStringConvertible {
  let value: FalconetSnapshots.SnapshotFormat

  init(_ value: FalconetSnapshots.SnapshotFormat) { self.value = value }

  /// Cannon's binary format, of every state version.
  public static let bin = SnapshotFormat(.bin)
  /// Cannon's JSON format, of state version 0.
  public static let json = SnapshotFormat(.json)
  /// The binary format of an early draft, of state version 0.
  public static let pr7559 = SnapshotFormat(.pr7559)
  /// Falconet's own format: compressed in parts, verified when read, with deltas.
  public static let fsnap = SnapshotFormat(.fsnap)

  /// The format's name, such as `fsnap`.
  public var description: String { value.rawValue }
}

/// Work on snapshots that loads none of them.
public enum Snapshot {
  /// The claim of a snapshot, computed in one pass over the file. The memory that this takes does not
  /// grow with the snapshot.
  public static func claim(
    ofFile path: String, format: SnapshotFormat? = nil
  ) throws(FalconetError) -> Claim {
    let calculator = ClaimCalculator()
    do {
      try FalconetSnapshots.Snapshot.read(
        FileSource(path: path),
        SnapshotReading(from: format?.value, bases: .beside(file: path)), into: calculator)
    } catch { throw FalconetError(error) }
    guard let claim = calculator.claim else {
      throw FalconetError(.corrupt, "the snapshot ends early")
    }
    return Claim(claim)
  }

  /// Writes a snapshot in another format. The new file appears completely or not at all, and may
  /// replace the old one.
  ///
  /// - Parameters:
  ///   - path: the snapshot to read, in any format, compressed or not.
  ///   - output: the file to write.
  ///   - format: the format to write. Nil selects it by the new file's name.
  public static func convert(
    _ path: String, to output: String, format: SnapshotFormat? = nil
  ) throws(FalconetError) {
    do { try SnapshotConverter.convert(path: path, to: output, as: format?.value) } catch {
      throw FalconetError(error)
    }
  }
}

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
  /// Falconet's own format: compressed in parts, verified, with deltas.
  public static let fsnap = SnapshotFormat(.fsnap)

  /// The format's name on the command line.
  public var description: String { value.rawValue }
}

/// What can be done with snapshots without loading them.
public enum Snapshot {
  /// The claim of a snapshot, computed in one pass over the file, in memory that does not grow with
  /// its pages.
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
      throw FalconetError(.corrupt, "the snapshot has no end")
    }
    return Claim(claim)
  }

  /// Writes a snapshot in another format. The new file appears whole, or not at all; it may replace
  /// the old one.
  ///
  /// - Parameter format: the format to write; nil goes by the new file's name.
  public static func convert(
    _ path: String, to output: String, format: SnapshotFormat? = nil
  ) throws(FalconetError) {
    do { try SnapshotConverter.convert(path: path, to: output, as: format?.value) } catch {
      throw FalconetError(error)
    }
  }
}

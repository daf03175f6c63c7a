import FalconetMachine
import FalconetStreams

/// A file format of snapshots. The raw value is the name that commands take and give.
package enum SnapshotFormat: String, Sendable, CaseIterable {
  /// Cannon's binary format, all versions.
  case bin
  /// Cannon's JSON format, version 0; reads the multi-threaded prototype as version 1.
  case json
  /// The first binary format that was proposed and never merged, version 0.
  case pr7559
  /// Falconet's own format, all versions.
  case fsnap

  /// What a file's name must end in for a format to be chosen by it, and the format. `pr7559` is
  /// never chosen by a name.
  private static let suffixes: [(suffix: String, format: SnapshotFormat)] = [
    (".bin", .bin), (".bin.gz", .bin), (".json", .json), (".json.gz", .json), (".fsnap", .fsnap),
  ]

  /// The format that a file's name asks for when it is written.
  ///
  /// - Throws: `.unsupported` where it asks for none.
  package init(fileName: String) throws(StreamError) {
    guard let match = Self.suffixes.first(where: { fileName.hasSuffix($0.suffix) }) else {
      throw StreamError(
        .unsupported, path: fileName,
        message: "the name of a snapshot must end in .bin, .bin.gz, .json, .json.gz or .fsnap",
        remedy: "rename it, or name the format where the command takes one")
    }
    self = match.format
  }

  /// Whether a file of this format can hold a state of a version.
  package func canHold(_ version: StateVersion) -> Bool {
    switch self {
    case .bin, .fsnap: true
    case .json, .pr7559: version == .v0
    }
  }

  /// Whether a file of this format begins with the version and the number of pages.
  var needsOutline: Bool { self == .bin || self == .pr7559 }

  /// An encoder of this format into `sink`, which is not finished at the end.
  ///
  /// - Parameter folder: where an encoder that needs a temporary file makes it; nil is `TMPDIR`, or
  ///   `/tmp`.
  package func encoder(
    to sink: any ByteSink, temporaryFolder folder: String? = nil
  ) -> any SnapshotConsumer {
    switch self {
    case .bin: return BinaryEncoder(to: sink)
    case .json: return JSONStateEncoder(to: sink)
    case .pr7559: return PR7559Encoder(to: sink)
    case .fsnap:
      var options = FsnapOptions()
      options.temporaryFolder = folder
      return FsnapEncoder(to: sink, options)
    }
  }
}

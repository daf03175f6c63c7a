import FalconetMachine
import FalconetStreams
import Keccak

/// A file format of snapshots. The raw value is the name that commands take and give.
package struct SnapshotFormat: RawRepresentable, Hashable, Sendable, CaseIterable,
  CustomStringConvertible
{
  /// Cannon's binary format, all versions.
  package static let bin = SnapshotFormat(BinaryCodec.self)
  /// Cannon's JSON format, version 0; reads the multi-threaded prototype as version 1.
  package static let json = SnapshotFormat(JSONCodec.self)
  /// The first binary format that was proposed and never merged, version 0.
  package static let pr7559 = SnapshotFormat(PR7559Codec.self)
  /// Falconet's own format, all versions.
  package static let fsnap = SnapshotFormat(FsnapCodec.self)

  /// The formats. The C interface numbers them in this order, from 1 on, so a new one goes to the end.
  package static let allCases = [bin, json, pr7559, fsnap]

  private let codec: any SnapshotCodec.Type

  private init(_ codec: any SnapshotCodec.Type) { self.codec = codec }

  package init?(rawValue: String) {
    guard let format = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = format
  }

  package var rawValue: String { codec.name }
  package var description: String { rawValue }

  package static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }

  package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

  // MARK: Names of files

  /// The format that a file's name asks for when it is written.
  ///
  /// - Throws: `.unsupported` if it asks for none.
  package init(fileName: String) throws(StreamError) {
    let match = Self.allCases.first { $0.codec.suffixes.contains(where: fileName.hasSuffix) }
    guard let match else {
      throw StreamError(
        .unsupported, path: fileName,
        message: "the name of a snapshot must end in " + Self.endings(for: .v0),
        remedy: "rename it, or name the format if the command takes one")
    }
    self = match
  }

  /// The endings of names of files that can hold a version, for errors.
  static func endings(for version: StateVersion) -> String {
    let endings = allCases.filter { $0.canHold(version) }.flatMap { $0.codec.suffixes }
    return endings.dropLast().joined(separator: ", ") + " or " + (endings.last ?? "")
  }

  // MARK: What it can do

  /// Whether a file of this format can hold a state of a version.
  package func canHold(_ version: StateVersion) -> Bool { codec.canHold(version) }

  /// Whether a file of this format states its claim and the roots of its pages. To write it, all pages
  /// are hashed; when it is read, they need not be.
  package var statesRoots: Bool { codec.statesRoots }

  /// Whether a file of this format begins with the version and the number of pages.
  var needsOutline: Bool { codec.needsOutline }

  // MARK: Reading

  /// Tells a snapshot's format by its first decompressed bytes, which stay unread.
  ///
  /// - Throws: `.unsupported` if it has none, or if the look-ahead, at most 256 KiB, fits several.
  package static func detect(_ reader: ByteReader) throws(StreamError) -> SnapshotFormat {
    guard let first = try reader.peek(upTo: 1).first else {
      throw StreamError(
        .truncated, path: reader.name, message: "the file is empty",
        remedy: "make or fetch it again")
    }
    var fits: [(format: SnapshotFormat, fit: FormatFit)] = []
    // The last one is recognized by the fewest bytes.
    for format in allCases.reversed() {
      let fit = try format.codec.fit(reader)
      if fit == .certain { return format }
      if fit > .no { fits.insert((format, fit), at: 0) }
    }
    // Of formats that fit equally well, this is the first.
    guard let best = fits.max(by: { $0.fit < $1.fit }) else {
      if try reader.peek(upTo: 4) == [0x7F, 0x45, 0x4C, 0x46] {
        throw StreamError(
          .unsupported, path: reader.name, message: "the file is an ELF file, not a snapshot",
          remedy: "make a prestate of the program first", missing: .prestate)
      }
      throw StreamError.unknownVersion(first, name: reader.name)
    }
    let rivals = fits.filter { best.fit.rawValue - $0.fit.rawValue <= 1 }
    // A file that fits nothing is corrupt, and the decoder says what is wrong.
    guard best.fit >= .weak, rivals.count > 1 else { return best.format }
    throw StreamError(
      .unsupported, path: reader.name,
      message: "the file may be of several formats: "
        + rivals.map(\.format.rawValue).joined(separator: " or "),
      remedy: "say which it is", missing: .format)
  }

  func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError) {
    try codec.decode(reader, reading, compression: compression, for: consumer)
  }

  /// The claim that a file states before its pages, which nothing verifies; nil if its format has none.
  package static func statedClaim(_ reader: ByteReader) throws(StreamError) -> Bytes32? {
    for format in allCases {
      if let claim = try format.codec.statedClaim(reader) { return claim }
    }
    return nil
  }

  // MARK: Writing

  /// An encoder of this format into `sink`, which is not finished at the end.
  ///
  /// - Parameter folder: the directory for an encoder's temporary file; nil is `TMPDIR`, or `/tmp`.
  package func encoder(
    to sink: any ByteSink, temporaryFolder folder: String? = nil
  ) -> any SnapshotConsumer { codec.encoder(to: sink, temporaryFolder: folder) }

  func write(_ image: some StateImage, to sink: any ByteSink) throws(StreamError) {
    try codec.write(image, to: sink)
  }
}

extension StreamError {
  /// A file's first byte is no state version.
  static func unknownVersion(_ number: UInt8, name: String) -> StreamError {
    StreamError(
      .unsupported, path: name, offset: 0, message: "unknown version: \(number)",
      remedy: "state versions \(StateVersion.numbers) are known; the file may not be a snapshot")
  }
}

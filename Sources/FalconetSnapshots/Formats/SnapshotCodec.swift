import FalconetMachine
import FalconetStreams
import Keccak

/// Everything that is known of a snapshot format. One type conforms for each format, and
/// ``SnapshotFormat`` lists them; no other code has to know which formats there are.
protocol SnapshotCodec: Sendable {
  /// The name that commands take and give.
  static var name: String { get }

  /// The endings of file names that ask for the format; none if no name does.
  static var suffixes: [String] { get }

  /// Whether a file of this format can hold a state of a version.
  static func canHold(_ version: StateVersion) -> Bool

  /// Whether a file begins with the version and the number of pages.
  static var needsOutline: Bool { get }

  /// Whether a file states its claim and the roots of its pages. To write it, all pages are hashed; when
  /// it is read, they need not be.
  static var statesRoots: Bool { get }

  /// How well the content that a reader stands before fits the format. Reads nothing.
  static func fit(_ reader: ByteReader) throws(StreamError) -> FormatFit

  /// Passes a snapshot to a consumer.
  ///
  /// - Parameter compression: how the file is compressed as a whole.
  static func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError)

  /// An encoder into `sink`, which is not finished at the end.
  ///
  /// - Parameter folder: the directory for an encoder's temporary file; nil is `TMPDIR`, or `/tmp`.
  static func encoder(
    to sink: any ByteSink, temporaryFolder folder: String?
  ) -> any SnapshotConsumer

  /// Writes a state of which all is known. `sink` is not finished at the end.
  static func write(_ image: some StateImage, to sink: any ByteSink) throws(StreamError)

  /// The claim that a file states before its pages; nil if the format has none, or the file is of another.
  static func statedClaim(_ reader: ByteReader) throws(StreamError) -> Bytes32?
}

extension SnapshotCodec {
  static var needsOutline: Bool { false }

  static var statesRoots: Bool { false }

  static func write(_ image: some StateImage, to sink: any ByteSink) throws(StreamError) {
    try image.produce(for: encoder(to: sink, temporaryFolder: nil))
  }

  static func statedClaim(_ reader: ByteReader) throws(StreamError) -> Bytes32? { nil }

  /// The error of an encoder that can't hold a version.
  static func unsupported(_ version: StateVersion, name: String) -> StreamError {
    let held = StateVersion.allCases.filter(canHold).map { "\($0.rawValue)" }
    return StreamError(
      .unsupported, path: name,
      message: "the format \(Self.name) holds states of version \(held.joined(separator: ", "))"
        + " only, not of version \(version.rawValue)",
      remedy: "choose another format: " + SnapshotFormat.endings(for: version))
  }
}

/// How well a file's first bytes fit a format. Two formats whose fits are one level apart can't be told
/// from each other, unless both are corrupt.
enum FormatFit: Int, Comparable {
  case no
  /// The first byte fits, and nothing else.
  case poor
  /// The first bytes fit, and the file ends too early.
  case cut
  /// The file fits, but it has so little in it that another may fit as well.
  case weak
  case whole
  /// The file begins with what no other format begins with.
  case certain = 6

  static func < (left: FormatFit, right: FormatFit) -> Bool { left.rawValue < right.rawValue }
}

import FalconetMachine
import FalconetStreams

/// Cannon's binary format.
enum BinaryCodec: SnapshotCodec {
  static let name = "bin"
  static let suffixes = [".bin", ".bin.gz"]
  static let needsOutline = true

  static func canHold(_ version: StateVersion) -> Bool { true }

  static func fit(_ reader: ByteReader) throws(StreamError) -> FormatFit {
    guard let first = try reader.peek(upTo: 1).first, StateVersion(rawValue: first) != nil
    else { return .no }
    guard first == 0 else { return .whole }
    let probe = try VersionZeroProbe(reader)
    if probe.fitsBinary { return .whole }
    return probe.cut.fitsBinary ? .cut : .poor
  }

  static func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError) { try BinaryDecoder(reader).produce(for: consumer) }

  static func encoder(
    to sink: any ByteSink, temporaryFolder folder: String?
  ) -> any SnapshotConsumer { BinaryEncoder(to: sink) }
}

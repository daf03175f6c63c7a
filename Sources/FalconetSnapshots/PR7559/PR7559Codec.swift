import FalconetMachine
import FalconetStreams

/// The binary format that was proposed for version 0 and never merged. No name asks for it.
enum PR7559Codec: SnapshotCodec {
  static let name = "pr7559"
  static let suffixes: [String] = []
  static let needsOutline = true

  static func canHold(_ version: StateVersion) -> Bool { version == .v0 }

  static func fit(_ reader: ByteReader) throws(StreamError) -> FormatFit {
    guard try reader.peek(upTo: 1).first == 0 else { return .no }
    let probe = try VersionZeroProbe(reader)
    if probe.fitsPR7559 { return probe.hasNoPagesAsPR7559 ? .weak : .whole }
    return probe.cut.fitsPR7559 ? .cut : .no
  }

  static func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError) { try PR7559Decoder(reader).produce(for: consumer) }

  static func encoder(
    to sink: any ByteSink, temporaryFolder folder: String?
  ) -> any SnapshotConsumer { PR7559Encoder(to: sink) }
}

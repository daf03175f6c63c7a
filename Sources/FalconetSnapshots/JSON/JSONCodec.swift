import FalconetMachine
import FalconetStreams

/// Cannon's JSON format.
enum JSONCodec: SnapshotCodec {
  static let name = "json"
  static let suffixes = [".json", ".json.gz"]

  static func canHold(_ version: StateVersion) -> Bool { version == .v0 }

  static func fit(_ reader: ByteReader) throws(StreamError) -> FormatFit {
    JSONStateDecoder.recognizes(try reader.peek(upTo: 1024)) ? .certain : .no
  }

  static func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError) { try JSONStateDecoder(reader).produce(for: consumer) }

  static func encoder(
    to sink: any ByteSink, temporaryFolder folder: String?
  ) -> any SnapshotConsumer { JSONStateEncoder(to: sink) }
}

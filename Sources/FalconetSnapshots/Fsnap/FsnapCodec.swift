import FalconetMachine
import FalconetStreams
import Keccak

/// Falconet's own format.
enum FsnapCodec: SnapshotCodec {
  static let name = "fsnap"
  static let suffixes = [".fsnap"]
  static let statesRoots = true

  static func canHold(_ version: StateVersion) -> Bool { true }

  static func fit(_ reader: ByteReader) throws(StreamError) -> FormatFit {
    FsnapDecoder.recognizes(try reader.peek(upTo: 64)) ? .certain : .no
  }

  static func decode(
    _ reader: ByteReader, _ reading: SnapshotReading, compression: Compression,
    for consumer: some SnapshotConsumer
  ) throws(StreamError) {
    try FsnapDecoder(
      reader, bases: reading.bases, trustPages: reading.trustPages,
      isCompressed: compression != .none
    ).produce(for: consumer)
  }

  static func encoder(
    to sink: any ByteSink, temporaryFolder folder: String?
  ) -> any SnapshotConsumer {
    var options = FsnapOptions()
    options.temporaryFolder = folder
    return FsnapEncoder(to: sink, options)
  }

  static func write(_ image: some StateImage, to sink: any ByteSink) throws(StreamError) {
    try FsnapWriter.write(image, to: sink)
  }

  static func statedClaim(_ reader: ByteReader) throws(StreamError) -> Bytes32? {
    guard try fit(reader) == .certain else { return nil }
    return try FsnapHeader(reader).claim
  }
}

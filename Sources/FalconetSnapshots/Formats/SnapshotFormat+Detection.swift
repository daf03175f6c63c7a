import FalconetMachine
import FalconetStreams

extension SnapshotFormat {
  /// Bytes that are looked at where the first ones don't tell: what the reader's buffer holds.
  private static let lookAhead = ByteReader.defaultCapacity

  /// Tells a snapshot's format by its first decompressed bytes, which stay unread.
  ///
  /// - Throws: `.unsupported` where it is none, or where the look-ahead, at most 256 KiB, fits both
  ///   formats that begin with byte 0.
  package static func detect(_ reader: ByteReader) throws(StreamError) -> SnapshotFormat {
    let prefix = try reader.peek(upTo: 64)
    if FsnapDecoder.recognizes(prefix) { return .fsnap }
    if JSONStateDecoder.recognizes(try reader.peek(upTo: 1024)) { return .json }
    guard let first = prefix.first else {
      throw StreamError(
        .truncated, path: reader.name, message: "the file is empty",
        remedy: "make or fetch it again")
    }
    guard BinaryDecoder.recognizes(prefix) else {
      throw StreamError(
        .unsupported, path: reader.name, offset: 0, message: "unknown version: \(first)",
        remedy: "state versions \(StateVersion.numbers) are known; the file may be no snapshot")
    }
    return first == 0 ? try detectVersionZero(reader) : .bin
  }

  /// Tells the two formats that begin with byte 0 apart.
  private static func detectVersionZero(
    _ reader: ByteReader
  ) throws(StreamError) -> SnapshotFormat {
    let bytes = try reader.peek(upTo: lookAhead)
    let isWhole = bytes.count < lookAhead
    let probe = VersionZeroProbe(bytes: bytes, isWhole: isWhole)
    let start = VersionZeroProbe(bytes: bytes, isWhole: false)
    switch (probe.fitsBinary, probe.fitsPR7559) {
    case (true, false): return .bin
    case (false, true) where probe.hasNoPagesAsPR7559 && start.fitsBinary: throw undecided(reader)
    case (false, true): return .pr7559
    case (true, true): throw undecided(reader)
    case (false, false):
      // Damaged, whichever it is. The decoder says what is wrong, so the likelier one is taken.
      return start.fitsPR7559 && !start.fitsBinary ? .pr7559 : .bin
    }
  }

  private static func undecided(_ reader: ByteReader) -> StreamError {
    StreamError(
      .unsupported, path: reader.name,
      message: "the file may be of either format that begins with byte 0, bin or pr7559",
      remedy: "say which it is", missing: .format)
  }
}

import FalconetSnapshots
import FalconetStreams

/// What commands write: files, or standard output, which has results and nothing else.
enum OutputFile {
  /// Writes a file completely or not at all, compressed with gzip if its name ends in `.gz`; `-` is
  /// standard output.
  static func write(
    _ path: String, _ body: (any ByteSink) throws(StreamError) -> Void
  ) throws(StreamError) {
    if path == "-" {
      try body(standard())
    } else {
      try AtomicFile.write(path: path, Interruption.cancellation, body: body)
    }
  }

  /// Writes a snapshot; to standard output in Cannon's binary format.
  static func write(_ path: String, _ image: some StateImage) throws(StreamError) {
    if path == "-" {
      try image.produce(for: SnapshotFormat.bin.encoder(to: standard()))
    } else {
      try Snapshot.save(image, path: path, Interruption.cancellation)
    }
  }

  /// Standard output.
  static func standard() -> StandardOutputSink { StandardOutputSink(Interruption.cancellation) }

  /// Writes lines to standard output. Names of files in them are made readable.
  static func print(_ lines: [String]) throws(StreamError) {
    try standard().write(Array(lines.map { $0.readableFileName + "\n" }.joined().utf8))
  }
}

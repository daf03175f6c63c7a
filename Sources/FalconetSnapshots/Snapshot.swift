import FalconetMachine
import FalconetStreams

/// Reading and writing snapshots, of whatever format.
///
/// ```swift
/// let image = try Snapshot.load(path: "state.bin.gz")
/// let machine = Machine(state: image.state, memory: image.memory)
/// _ = try machine.run(until: 1_000)
/// try Snapshot.save(MemoryImage(machine), path: "state-1000.bin.gz")
/// ```
public enum Snapshot {
  /// Reads a snapshot into memory. The format is told by the content, not by the name.
  ///
  /// - Throws: ``StreamError`` where the file can't be read, is damaged, or is no snapshot.
  public static func load(path: String) throws(StreamError) -> MemoryImage {
    try load(from: FileSource(path: path))
  }

  /// Reads a snapshot into memory.
  public static func load(from source: any ByteSource) throws(StreamError) -> MemoryImage {
    let builder = MemoryBuilder()
    try read(source, into: builder)
    // A decoder that returns has called `end`.
    guard let image = builder.image else {
      throw StreamError(.truncated, path: source.name, message: "the snapshot has no end")
    }
    return image
  }

  /// Passes a snapshot to a consumer as it is read, a page at a time.
  public static func read(
    _ source: any ByteSource, into consumer: some SnapshotConsumer
  ) throws(StreamError) {
    do {
      let (reader, _) = try ByteReader.decompressing(source)
      try decoder(of: reader).produce(for: consumer)
    } catch { throw error.named(source.name) }
  }

  private static func decoder(of reader: ByteReader) throws(StreamError) -> BinaryDecoder {
    let prefix = try reader.peek(upTo: 16)
    if BinaryDecoder.recognizes(prefix) { return BinaryDecoder(reader) }
    guard let first = prefix.first else {
      throw StreamError(.truncated, path: reader.name, message: "the file is empty")
    }
    throw StreamError(
      .unsupported, path: reader.name, offset: 0, message: "unknown version: \(first)",
      remedy: "state versions 0 to 8 are known; the file may be no snapshot")
  }

  /// Writes a snapshot in the format that the name asks for: `.bin`, or `.bin.gz` for gzip. The file
  /// appears whole, or not at all.
  ///
  /// - Throws: ``StreamError`` where the name asks for no known format or the file can't be written.
  public static func save(_ image: MemoryImage, path: String) throws(StreamError) {
    try checkFormat(ofName: path)
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in
      try image.produce(for: BinaryEncoder(to: sink))
    }
  }

  /// Checks that a file name asks for a format that can be written.
  public static func checkFormat(ofName path: String) throws(StreamError) {
    guard path.hasSuffix(".bin") || path.hasSuffix(".bin.gz") else {
      throw StreamError(
        .unsupported, path: path, message: "the name of a snapshot must end in .bin or .bin.gz")
    }
  }
}

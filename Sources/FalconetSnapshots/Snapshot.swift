import FalconetMachine
import FalconetStreams
import Keccak

/// Reading and writing snapshots of any format.
///
/// ```swift
/// let image = try Snapshot.load(path: "state.bin.gz")
/// let machine = Machine(state: image.state, memory: image.memory)
/// _ = try machine.run(until: 1_000)
/// try Snapshot.save(MemoryImage(machine), path: "state-1000.bin.gz")
/// ```
///
/// Files are told apart by their content, compressed with gzip, zstd or not at all, never by their
/// names. If the content fits two formats, the error says so, and `from` settles it.
package enum Snapshot {
  /// Bytes that an unfinished hint may have in every format: its length has 4 bytes.
  package static let hintLimit = Int(UInt32.max)

  /// Reads a snapshot into memory. The base of a delta is looked for beside the file.
  ///
  /// - Parameter format: the file's format; nil goes by the content.
  /// - Throws: ``StreamError`` if the file can't be read, is corrupt, or is no snapshot.
  package static func load(
    path: String, from format: SnapshotFormat? = nil
  ) throws(StreamError) -> MemoryImage {
    try load(
      from: FileSource(path: path), SnapshotReading(from: format, bases: .beside(file: path)))
  }

  /// Reads a snapshot into memory.
  package static func load(
    from source: any ByteSource, _ reading: SnapshotReading = SnapshotReading()
  ) throws(StreamError) -> MemoryImage {
    try loadWithOutline(from: source, reading).image
  }

  /// Reads a snapshot into memory, for a caller that hashes its pages in any case: a claim that is
  /// otherwise taken on trust is compared with theirs.
  package static func loadHashed(
    from source: any ByteSource, _ reading: SnapshotReading = SnapshotReading()
  ) throws(StreamError) -> MemoryImage {
    let (image, outline) = try loadWithOutline(from: source, reading)
    if outline.unverifiedClaim != nil {
      // The memory keeps the hashes.
      try outline.check(Self.claim(of: image), name: source.name)
    }
    return image
  }

  private static func claim(of image: MemoryImage) -> Bytes32 {
    image.state.claim(witness: image.state.witness(memoryRoot: image.memory.root()))
  }

  /// Reads a snapshot into memory, with what it says of itself: a claim that is taken on trust can be
  /// compared with ``SnapshotOutline/check(_:name:)`` once the pages are hashed.
  package static func loadWithOutline(
    from source: any ByteSource, _ reading: SnapshotReading = SnapshotReading()
  ) throws(StreamError) -> (image: MemoryImage, outline: SnapshotOutline) {
    let builder = MemoryBuilder(pageLimit: reading.pageLimit, reading.cancellation)
    try read(source, reading, into: builder)
    // A decoder that returns has called `end`.
    guard let image = builder.image else {
      throw StreamError(.truncated, path: source.name, message: "the snapshot has no end")
    }
    return (image, builder.outline)
  }

  /// Passes a snapshot to a consumer as it is read, a page at a time.
  ///
  /// - Parameter format: the source's format; nil goes by the content.
  /// - Returns: the format.
  @discardableResult
  package static func read(
    _ source: any ByteSource, from format: SnapshotFormat? = nil,
    into consumer: some SnapshotConsumer
  ) throws(StreamError) -> SnapshotFormat {
    try read(source, SnapshotReading(from: format), into: consumer)
  }

  /// Passes a snapshot to a consumer as it is read, a page at a time.
  ///
  /// - Returns: the format.
  @discardableResult
  package static func read(
    _ source: any ByteSource, _ reading: SnapshotReading, into consumer: some SnapshotConsumer
  ) throws(StreamError) -> SnapshotFormat {
    do {
      let (reader, compression) = try ByteReader.decompressing(source)
      return try reading.produce(from: reader, compression: compression, for: consumer)
    } catch { throw error.named(source.name) }
  }

  /// Writes a snapshot. The file appears whole, or not at all.
  ///
  /// - Parameters:
  ///   - path: the file's name; one that ends in `.gz` is compressed with gzip.
  ///   - format: the format; nil goes by the name.
  ///   - cancellation: ends a wait for the reader of a pipe.
  /// - Throws: ``StreamError`` if the name asks for no known format, the format can't hold the
  ///   state's version, or the file can't be written.
  package static func save(
    _ image: some StateImage, path: String, to format: SnapshotFormat? = nil,
    _ cancellation: Cancellation = .never
  ) throws(StreamError) {
    let format = if let format { format } else { try SnapshotFormat(fileName: path) }
    try AtomicFile.write(path: path, cancellation) { (sink) throws(StreamError) in
      try write(image, to: sink, as: format)
    }
  }

  /// Writes a snapshot to a sink, and finishes the sink.
  package static func write(
    _ image: some StateImage, to sink: any ByteSink, as format: SnapshotFormat = .bin
  ) throws(StreamError) {
    try format.write(image, to: sink)
    try sink.finish()
  }

  /// Checks that a file name asks for a format that can be written.
  ///
  /// - Parameter version: the version that it must be able to hold; nil for any.
  package static func checkFormat(
    ofName path: String, for version: StateVersion? = nil
  ) throws(StreamError) {
    let format = try SnapshotFormat(fileName: path)
    guard let version, !format.canHold(version) else { return }
    throw StreamError(
      .unsupported, path: path,
      message: "the format \(format.rawValue) cannot hold a state of version \(version.rawValue)",
      remedy: "choose a name that ends in " + SnapshotFormat.endings(for: version))
  }
}

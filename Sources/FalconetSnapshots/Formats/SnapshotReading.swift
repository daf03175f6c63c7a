import FalconetStreams

/// How a snapshot is read.
package struct SnapshotReading: Sendable {
  /// The format; nil goes by the content.
  package var format: SnapshotFormat?
  /// The place in which the bases of a delta are looked for. Most formats have none.
  package var bases: FsnapBaseLocation
  /// Whether pages are not hashed, if the file states their roots: for files that this installation wrote.
  package var trustPages: Bool
  /// The limit of the memory that a state is loaded into: ``Memory/pageLimit``.
  package var pageLimit: Int
  /// Called after each page, with how many were read so far.
  package var onPage: (@Sendable (_ count: UInt64, _ outline: SnapshotOutline) -> Void)?
  /// Ends the loading of a state, and a wait for a pipe's bytes.
  package var cancellation: Cancellation

  package init(
    from format: SnapshotFormat? = nil, bases: FsnapBaseLocation = .nowhere,
    trustPages: Bool = false, pageLimit: Int = .max, cancellation: Cancellation = .never
  ) {
    self.format = format
    self.bases = bases
    self.trustPages = trustPages
    self.pageLimit = pageLimit
    self.cancellation = cancellation
  }

  /// Reads a snapshot from its decompressed bytes.
  ///
  /// - Parameter compression: how the file is compressed as a whole.
  /// - Returns: the format it has.
  func produce(
    from reader: ByteReader, compression: Compression, for consumer: some SnapshotConsumer
  ) throws(StreamError) -> SnapshotFormat {
    let format = if let format { format } else { try SnapshotFormat.detect(reader) }
    if let onPage {
      try format.decode(
        reader, self, compression: compression, for: PageCounting(consumer, onPage))
    } else {
      try format.decode(reader, self, compression: compression, for: consumer)
    }
    return format
  }
}

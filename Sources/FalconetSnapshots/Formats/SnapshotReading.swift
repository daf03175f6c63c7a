import FalconetStreams

/// How a snapshot is read.
package struct SnapshotReading: Sendable {
  /// The format; nil goes by the content.
  package var format: SnapshotFormat?
  /// Where the bases of a `.fsnap` delta are looked for. Other formats have none.
  package var bases: FsnapBaseLocation
  /// Whether the pages of a `.fsnap` file are not hashed: for files that this installation wrote.
  package var trustPages: Bool
  /// The limit of the memory that a state is loaded into, if it is not the default:
  /// ``Memory/pageLimit``.
  package var pageLimit: Int?

  package init(
    from format: SnapshotFormat? = nil, bases: FsnapBaseLocation = .nowhere,
    trustPages: Bool = false, pageLimit: Int? = nil
  ) {
    self.format = format
    self.bases = bases
    self.trustPages = trustPages
    self.pageLimit = pageLimit
  }

  /// Reads a snapshot from its decompressed bytes.
  ///
  /// - Parameter compression: how the file is compressed as a whole.
  /// - Returns: the format it has.
  func produce(
    from reader: ByteReader, compression: Compression, for consumer: some SnapshotConsumer
  ) throws(StreamError) -> SnapshotFormat {
    let format = if let format { format } else { try SnapshotFormat.detect(reader) }
    switch format {
    case .bin: try BinaryDecoder(reader).produce(for: consumer)
    case .json: try JSONStateDecoder(reader).produce(for: consumer)
    case .pr7559: try PR7559Decoder(reader).produce(for: consumer)
    case .fsnap:
      try FsnapDecoder(
        reader, bases: bases, trustPages: trustPages, isCompressed: compression != .none
      ).produce(for: consumer)
    }
    return format
  }
}

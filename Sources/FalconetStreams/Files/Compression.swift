/// How a file is compressed as a whole.
package enum Compression: Sendable, Equatable {
  case none
  case gzip
  case zstd

  /// The compression that a file name asks for when written: gzip for `*.gz`.
  package init(fileName: String) { self = fileName.hasSuffix(".gz") ? .gzip : .none }

  /// The compression that the first bytes of a file show; four bytes are enough.
  package init(prefix: [UInt8]) {
    if GzipSource.looksLikeGzip(prefix: prefix) {
      self = .gzip
    } else if ZstdSource.looksLikeZstd(prefix: prefix) {
      self = .zstd
    } else {
      self = .none
    }
  }

  /// A sink that compresses into `sink`.
  package func sink(over sink: any ByteSink) throws(StreamError) -> any ByteSink {
    switch self {
    case .none: sink
    case .gzip: GzipSink(over: sink)
    case .zstd: try ZstdSink(over: sink)
    }
  }

  /// A source that decompresses `source`.
  package func source(over source: any ByteSource) throws(StreamError) -> any ByteSource {
    switch self {
    case .none: source
    case .gzip: GzipSource(over: source)
    case .zstd: try ZstdSource(over: source)
    }
  }
}

extension ByteReader {
  /// A reader of the decompressed bytes of `source`, with gzip or zstd recognized by the first
  /// bytes, whatever the file's name.
  /// - Returns: The reader and the compression that was found.
  package static func decompressing(
    _ source: any ByteSource
  ) throws(StreamError) -> (reader: ByteReader, compression: Compression) {
    let raw = ByteReader(source)
    let compression = Compression(prefix: try raw.peek(upTo: 4))
    if compression == .none { return (raw, .none) }
    return (ByteReader(try compression.source(over: raw)), compression)
  }
}

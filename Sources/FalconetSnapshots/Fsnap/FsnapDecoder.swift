import FalconetMachine
import FalconetStreams
import Keccak

/// Reads a `.fsnap` file from start to end: a full image, or a delta together with its bases.
///
/// Everything is checked on the way: the claim against the witness, the state and the pages' roots
/// against the witness, all checksums, and each page against its root before the consumer gets it.
///
/// ```swift
/// let reader = ByteReader(try FileSource(path: "5.fsnap"))
/// let header = try FsnapDecoder(reader, bases: .beside(file: "5.fsnap")).check()
/// print(header.claim)
/// ```
package struct FsnapDecoder: SnapshotProducer {
  private let reader: ByteReader
  private let bases: FsnapBaseLocation
  private let trustsPages: Bool
  private let isCompressed: Bool

  /// A decoder of a file's bytes.
  ///
  /// - Parameters:
  ///   - reader: the bytes, decompressed.
  ///   - bases: where the bases of a delta are looked for.
  ///   - trustPages: whether pages are not hashed, only compared with the checksums. A file that
  ///     somebody forged can then hold other pages than those of its claim.
  ///   - isCompressed: whether the file is compressed as a whole. It may then have no more than 2^19
  ///     pages, since its page table is held in memory, 40 bytes a page.
  package init(
    _ reader: ByteReader, bases: FsnapBaseLocation = .nowhere, trustPages: Bool = false,
    isCompressed: Bool = false
  ) {
    self.reader = reader
    self.bases = bases
    trustsPages = trustPages
    self.isCompressed = isCompressed
  }

  /// Whether a file begins as a `.fsnap` file does. Needs its first 40 bytes, not decompressed.
  package static func recognizes(_ prefix: [UInt8]) -> Bool { FsnapHeader.recognizes(prefix) }

  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    let (description, stream) = try open()
    var outline = SnapshotOutline(
      version: description.header.version, pageCount: description.header.pageCount)
    if trustsPages { outline.unverifiedClaim = description.header.claim }
    try consumer.begin(outline)
    try stream.visit { (index, bytes, root) throws(StreamError) in
      try consumer.page(index, bytes, root: root)
    }
    try consumer.end(description.state)
  }

  /// Reads everything and checks everything, and keeps nothing.
  /// - Returns: the header, whose claim is that of the state.
  @discardableResult
  package func check() throws(StreamError) -> FsnapHeader {
    let (description, stream) = try open()
    try stream.visit { (_, _, _) throws(StreamError) in }
    return description.header
  }

  /// Reads what comes before the blocks.
  private func open() throws(StreamError) -> (FsnapDescription, CheckedPages) {
    let (description, sections) = try FsnapDescription.read(
      reader, isCompressed: isCompressed)
    let map = try PageMap(description, name: reader.name, bases: bases)
    let blocks = StreamedBlocks(sections, header: description.header)
    return (description, CheckedPages(map: map, blocks: blocks, trustsPages: trustsPages))
  }
}

/// The pages of a file that is read from start to end, then its trailer.
private struct CheckedPages {
  let map: PageMap
  let blocks: StreamedBlocks
  let trustsPages: Bool

  func visit(
    _ body: (UInt64, UnsafeRawBufferPointer, Bytes32) throws(StreamError) -> Void
  ) throws(StreamError) {
    let pages = PageStream(map, from: [blocks] + map.bases, trustsPages: trustsPages)
    try pages.visit(body)
    try blocks.finish()
  }
}

import FalconetMachine
import FalconetStreams

/// The blocks of a `.fsnap` file that is read at any place.
final class StoredBlocks: BlockSource {
  var name: String { file.name }
  var header: FsnapHeader { description.header }
  let description: FsnapDescription
  private let file: any RandomAccess
  private let offsets: [UInt64]

  /// Reads and checks everything but the blocks.
  init(_ file: any RandomAccess) throws(StreamError) {
    self.file = file
    let sections: SectionReader
    (description, sections) = try FsnapDescription.read(ByteReader(FilePart(file)))
    let header = description.header
    let size = file.size
    guard size >= header.trailerByteCount, size - header.trailerByteCount >= sections.position
    else {
      throw StreamError(
        .truncated, path: file.name, offset: size,
        message: "the file has no room for its trailer of \(header.trailerByteCount) bytes",
        remedy: "the file is cut short; make or fetch it again")
    }
    let trailer = size - header.trailerByteCount
    offsets = try SectionReader(
      ByteReader(FilePart(file, from: trailer)), origin: trailer, header: header.checksum
    ).readTrailer(header)
    let ends = offsets.dropFirst() + [trailer]
    guard offsets.first.map({ $0 >= sections.position }) ?? true,
      zip(offsets, ends).allSatisfy({ $0 < $1 })
    else {
      throw sections.failure(
        .corrupt, trailer, "the trailer places blocks outside the file")
    }
  }

  /// Opens the file at `path`.
  convenience init(path: String) throws(StreamError) {
    try self.init(RandomAccessFile(path: path))
  }

  func block(_ number: UInt64) throws(StreamError) -> PackedBlock {
    // The description was checked to have as many offsets as blocks.
    let offset = offsets[Int(number)]
    let reader = ByteReader(FilePart(file, from: offset), capacity: 4096)
    return try SectionReader(reader, origin: offset, header: header.checksum)
      .readBlock(number, header)
  }
}

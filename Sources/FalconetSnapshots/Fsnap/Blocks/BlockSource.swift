import FalconetMachine
import FalconetStreams

/// A block as it is in a file.
struct PackedBlock: Sendable {
  /// The zstd frame.
  let frame: [UInt8]
  /// Bytes of its pages.
  let byteCount: Int
  /// Where its section begins in the file.
  let offset: UInt64
}

/// Where blocks are read from.
protocol BlockSource: AnyObject {
  /// The file, for errors.
  var name: String { get }
  var header: FsnapHeader { get }

  /// The block of this number, below the header's count; its checksum is right. Callers ask for
  /// blocks in ascending order.
  func block(_ number: UInt64) throws(StreamError) -> PackedBlock
}

extension SectionReader {
  /// Reads the section of a block.
  func readBlock(_ number: UInt64, _ header: FsnapHeader) throws(StreamError) -> PackedBlock {
    let heading = try begin(.block)
    let pages = header.pages(inBlock: number)
    let numberBytes = UInt64(FsnapFormat.blockNumberBytes)
    guard numberBytes...FsnapFormat.blockSectionLimit(pages: pages) ~= heading.length else {
      throw failure(
        .corrupt, heading.offset,
        "a block of \(pages) pages cannot have \(heading.length) bytes")
    }
    let found = try readBytes(numberBytes).bigEndian
    guard found == number else {
      throw failure(
        .corrupt, heading.contentOffset, "found block \(found) instead of block \(number)")
    }
    let frame = try readBytes(heading.length - numberBytes)
    try end()
    return PackedBlock(frame: frame, byteCount: pages << 12, offset: heading.offset)
  }

  /// Reads the trailer, which ends the file.
  /// - Returns: where the blocks begin.
  func readTrailer(_ header: FsnapHeader) throws(StreamError) -> [UInt64] {
    let heading = try begin(.index)
    guard heading.length == header.blockCount * 8 else {
      throw failure(
        .corrupt, heading.offset, "the trailer does not have 8 bytes for each block")
    }
    var offsets: [UInt64] = []
    while left > 0 { offsets.append(try readBytes(8).bigEndian) }
    try end()
    try expectEnd()
    return offsets
  }
}

/// The blocks of a file that is read from start to end, such as a pipe.
final class StreamedBlocks: BlockSource {
  var name: String { sections.name }
  let header: FsnapHeader
  private let sections: SectionReader
  private var offsets: [UInt64] = []

  /// - Parameter sections: a reader that is behind the description.
  init(_ sections: SectionReader, header: FsnapHeader) {
    self.sections = sections
    self.header = header
  }

  func block(_ number: UInt64) throws(StreamError) -> PackedBlock {
    let block = try sections.readBlock(UInt64(offsets.count), header)
    offsets.append(block.offset)
    return block
  }

  /// Checks the trailer, once all blocks were read.
  func finish() throws(StreamError) {
    let offset = sections.position
    guard try sections.readTrailer(header) == offsets else {
      throw sections.failure(
        .corrupt, offset, "the trailer does not have the places of the blocks")
    }
  }
}

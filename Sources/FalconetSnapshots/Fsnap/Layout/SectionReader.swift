import FalconetMachine
import FalconetStreams

/// Reads a file's sections one after the other, and checks each against its checksum.
///
/// It is the source of the current section's content.
final class SectionReader: ByteSource {
  var name: String { reader.name }

  private let reader: ByteReader
  /// Where the reader's first byte lies in the file.
  private let origin: UInt64
  private let header: UInt32
  private var checksum = CRC32()
  /// Bytes of the current section's content that were not read yet.
  private(set) var left: UInt64 = 0
  /// The name of the revision that led to the state, once a section that has it was passed.
  private(set) var revision: String?

  /// - Parameters:
  ///   - origin: the offset in the file of the first byte that `reader` had.
  ///   - header: the checksum of the file's header.
  init(_ reader: ByteReader, origin: UInt64 = 0, header: UInt32) {
    self.reader = reader
    self.origin = origin
    self.header = header
  }

  /// Where the next byte lies in the file.
  var position: UInt64 { origin &+ reader.position }

  /// Begins the section of this kind. Optional sections of unknown kinds before it are checked and
  /// skipped.
  func begin(_ kind: SectionKind) throws(StreamError) -> SectionHeading {
    while true {
      let heading = try readHeading()
      if heading.kind == kind {
        guard heading.isMandatory else {
          throw failure(.corrupt, heading.offset &+ 4, "section \(kind) is not marked mandatory")
        }
        return heading
      }
      guard !SectionKind.known.contains(heading.kind) else {
        throw failure(
          .corrupt, heading.offset, "found section \(heading.kind) instead of \(kind)")
      }
      guard !heading.isMandatory else {
        throw StreamError(
          .unsupported, path: name, offset: heading.offset,
          message: "section \(heading.kind) is unknown and marked mandatory",
          remedy: "a newer release may read the file")
      }
      if heading.kind == .revision { try readRevision(heading) } else { try skip() }
    }
  }

  /// Reads the section that names a revision.
  private func readRevision(_ heading: SectionHeading) throws(StreamError) {
    guard revision == nil else {
      throw failure(.corrupt, heading.offset, "section \(heading.kind) appears twice")
    }
    guard 1...UInt64(FsnapFormat.maximumRevisionBytes) ~= heading.length else {
      throw failure(
        .corrupt, heading.offset,
        "the name of a revision has \(heading.length) bytes, not 1 to"
          + " \(FsnapFormat.maximumRevisionBytes)")
    }
    let name = try readBytes(heading.length)
    guard name.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw failure(
        .corrupt, heading.contentOffset, "the name of a revision is not printable ASCII")
    }
    try end()
    revision = String(decoding: name, as: UTF8.self)
  }

  private func readHeading() throws(StreamError) -> SectionHeading {
    let offset = position
    let kind = SectionKind(code: try reader.readUInt32())
    let flags = try reader.readUInt8()
    let length = try reader.readUInt64()
    guard flags & ~SectionHeading.mandatory == 0 else {
      throw failure(.corrupt, offset &+ 4, "section \(kind) has unknown flags (\(flags))")
    }
    let heading = SectionHeading(kind: kind, flags: flags, length: length, offset: offset)
    checksum = heading.checksum(of: header)
    left = length
    return heading
  }

  /// Reads bytes of the current section's content; 0 at its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = Int(min(UInt64(buffer.count), left))
    guard count > 0 else { return 0 }
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    let found = try reader.read(into: part)
    guard found > 0 else {
      throw StreamError(
        .truncated, path: name, offset: position,
        message: "the file ends \(left) bytes before the end of a section",
        remedy: "the file is cut short; make or fetch it again")
    }
    checksum.add(UnsafeRawBufferPointer(rebasing: part[..<found]))
    left -= UInt64(found)
    return found
  }

  /// The next bytes of the section's content. Memory grows with what is there.
  func readBytes(_ count: UInt64) throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: Int(min(count, 64 << 10)))
    while UInt64(bytes.count) < count {
      let wanted = min(chunk.count, Int(clamping: count - UInt64(bytes.count)))
      let found = try chunk.withUnsafeMutableBufferPointer { (chunk) throws(StreamError) in
        let part = UnsafeMutableRawBufferPointer(chunk)[..<wanted]
        return try read(into: UnsafeMutableRawBufferPointer(rebasing: part))
      }
      guard found > 0 else {
        throw failure(.corrupt, position, "a section ends within its content")
      }
      bytes += chunk[..<found]
    }
    return bytes
  }

  /// Drops what is left of the section's content and ends the section.
  func skip() throws(StreamError) {
    var chunk = [UInt8](repeating: 0, count: Int(min(left, 64 << 10)))
    while left > 0 {
      _ = try chunk.withUnsafeMutableBufferPointer { (chunk) throws(StreamError) in
        try read(into: UnsafeMutableRawBufferPointer(chunk))
      }
    }
    try end()
  }

  /// Ends the current section: all of its content was read, and matches the checksum.
  func end() throws(StreamError) {
    guard left == 0 else {
      throw failure(.corrupt, position, "\(left) bytes follow the content of a section")
    }
    let offset = position
    guard try reader.readUInt32() == checksum.value else {
      throw failure(.checksum, offset, "a section does not match its checksum")
    }
  }

  /// Checks that the file ends here.
  func expectEnd() throws(StreamError) { try reader.expectEnd() }

  /// An error of the file.
  func failure(
    _ kind: StreamError.Kind, _ offset: UInt64, _ message: String
  ) -> StreamError {
    StreamError(kind, path: name, offset: offset, message: message, remedy: FsnapHeader.remedy)
  }
}

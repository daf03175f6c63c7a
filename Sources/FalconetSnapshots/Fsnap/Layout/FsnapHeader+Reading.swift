import FalconetMachine
import FalconetStreams
import Keccak

extension FsnapHeader {
  /// Reads the header of the file at `path` and no more. The claim is the hash of the witness;
  /// whether the pages are those of the witness is not known.
  ///
  /// - Throws: ``StreamError`` if the file can't be read, is no `.fsnap` file, or is corrupt.
  package init(path: String) throws(StreamError) {
    try self.init(ByteReader(FileSource(path: path), capacity: 1024))
  }

  /// Whether a file begins as a `.fsnap` file does. Needs 40 bytes.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.dropFirst(FsnapFormat.magicOffset).starts(with: FsnapFormat.magic)
  }

  /// Reads a header and checks all that can be told from it alone.
  package init(_ reader: ByteReader) throws(StreamError) {
    let start = reader.position
    func failure(
      _ kind: StreamError.Kind, at offset: Int, _ message: String, remedy: String = Self.remedy
    ) -> StreamError {
      StreamError(
        kind, path: reader.name, offset: start &+ UInt64(offset), message: message, remedy: remedy)
    }

    let fixed = try reader.readBytes(UInt64(Self.fixedByteCount))
    guard Self.recognizes(fixed) else {
      throw failure(
        .corrupt, at: FsnapFormat.magicOffset, "the magic number of a .fsnap file is missing",
        remedy: "the file is corrupt or of another format")
    }
    guard fixed[40] == FsnapFormat.version else {
      throw failure(
        .unsupported, at: 40, "version \(fixed[40]) of the .fsnap format is unknown",
        remedy: "version \(FsnapFormat.version) is known; a newer release may read the file")
    }
    guard let version = StateVersion(rawValue: fixed[41]) else {
      throw failure(
        .unsupported, at: 41, "unknown version: \(fixed[41])",
        remedy: "state versions \(StateVersion.numbers) are known")
    }
    let size = version.witnessLayout.byteCount
    guard Int(fixed[50]) << 8 | Int(fixed[51]) == size else {
      throw failure(
        .corrupt, at: 50,
        "the witness of state version \(version.rawValue) has \(size) bytes,"
          + " not \(Int(fixed[50]) << 8 | Int(fixed[51]))")
    }
    let rest = try reader.readBytes(UInt64(size + Self.tailByteCount))
    let tail = Array(rest[size...])
    func integer(_ range: Range<Int>) -> UInt64 { tail[range].reduce(0) { $0 << 8 | UInt64($1) } }

    var checksum = CRC32()
    checksum.add(fixed)
    checksum.add(Array(rest.dropLast(4)))
    guard UInt64(checksum.value) == integer(59..<63) else {
      throw failure(
        .checksum, at: Self.fixedByteCount + size + 59, "the header does not match its checksum")
    }
    claim = Bytes32(fixed[..<32]) ?? Bytes32()
    self.version = version
    witness = Array(rest[..<size])
    depth = Int(tail[0])
    pagesPerBlock = Int(integer(1..<3))
    pageCount = integer(3..<11)
    storedPageCount = integer(11..<19)
    tableDigest = Bytes32(tail[19..<51]) ?? Bytes32()

    let step = fixed[42..<50].reduce(0) { $0 << 8 | UInt64($1) }
    if let problem = problem(step: step, trailerBytes: integer(51..<59)) {
      throw failure(
        .corrupt,
        at: problem.isInTail
          ? Self.fixedByteCount + size + problem.offset
          : problem.offset, problem.message,
        remedy: "the program that wrote the file is faulty")
    }
  }

  static let remedy = "the file is corrupt; make or fetch it again"

  /// What is wrong with a header whose checksum is right.
  private func problem(
    step: UInt64, trailerBytes: UInt64
  ) -> (offset: Int, isInTail: Bool, message: String)? {
    if claim != expectedClaim {
      return (0, false, "the claim \(claim) is not that of the witness, \(expectedClaim)")
    }
    if step != self.step {
      return (42, false, "the step \(step) is not that of the witness, \(self.step)")
    }
    if depth > FsnapFormat.maximumDepth {
      return (
        0, true,
        "a chain of \(depth) deltas is above the limit of"
          + " \(FsnapFormat.maximumDepth)"
      )
    }
    guard 1...FsnapFormat.maximumPagesPerBlock ~= pagesPerBlock else {
      return (
        1, true,
        "blocks of \(pagesPerBlock) pages are not between 1 and"
          + " \(FsnapFormat.maximumPagesPerBlock)"
      )
    }
    if pageCount > pageLimit {
      return (3, true, "\(pageCount) pages are more than the address space has, \(pageLimit)")
    }
    if isDelta ? storedPageCount > pageCount : storedPageCount != pageCount {
      return (
        11, true,
        "\(storedPageCount) pages in the file do not match \(pageCount) pages"
          + " of the state"
      )
    }
    if storedPageCount > UInt64(UInt32.max) {
      return (11, true, "\(storedPageCount) pages in one file are more than 2^32 - 1")
    }
    if trailerBytes != trailerByteCount {
      return (51, true, "a trailer of \(trailerBytes) bytes does not match \(blockCount) blocks")
    }
    return nil
  }
}

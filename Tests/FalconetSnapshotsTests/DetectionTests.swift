import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// Telling formats apart by content.
struct DetectionTests {
  private static func detect(_ bytes: [UInt8], chunk: Int = .max) throws -> SnapshotFormat {
    try SnapshotFormat.detect(ByteReader(MemorySource(bytes, chunk: chunk)))
  }

  @Test func `names choose formats for writing`() throws {
    let names: [(String, SnapshotFormat)] = [
      ("a.bin", .bin), ("a.bin.gz", .bin), ("a.json", .json), ("b/a.json.gz", .json),
      ("a.fsnap", .fsnap), (".bin", .bin),
    ]
    for (name, format) in names { #expect(try SnapshotFormat(fileName: name) == format) }
    for name in ["", "a", "a.gz", "bin", "a.BIN", "a.bin.zst", "a.pr7559", "a.fsnap.gz", "bin.gz"] {
      #expect(
        .unsupported
          == failure { () throws(StreamError) in
            try SnapshotFormat(fileName: name)
          })
      #expect(
        .unsupported
          == failure { () throws(StreamError) in
            try Snapshot.checkFormat(ofName: name)
          })
    }
  }

  @Test func `states of version 0 are told apart at every size`() throws {
    for seed in 0..<40 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let pages = Set((0...random.below(4)).map { _ in UInt64(random.below(1 << 20)) })
      let image = try SampleState.image(.v0, pages: Array(pages), seed: seed)
      for format in SnapshotFormat.allCases {
        let bytes = try Snapshots.write(image, as: format)
        #expect(try Self.detect(bytes) == format)
        #expect(try Self.detect(bytes, chunk: 7) == format)
      }
    }
  }

  @Test func `states with few pages are told apart by where the file ends`() throws {
    for pages: [UInt64] in [[], [0], [1], [0xFFFFF], [2, 3]] {
      let image = try SampleState.image(.v0, pages: pages, hint: [])
      for format in [SnapshotFormat.bin, .pr7559] {
        #expect(try Self.detect(Snapshots.write(image, as: format)) == format)
      }
    }
  }

  @Test func `an empty pr7559 state may be a cut file of one page, so the format is asked for`()
    throws
  {
    let bytes = try Snapshots.convert(Fixtures.state("0.bin"), as: .pr7559)
    let error = #expect(throws: StreamError.self) { try Snapshots.read(bytes) }
    #expect(error?.missing == .format)
    let claim = try Snapshots.read(Fixtures.state("0.bin")).claim
    #expect(try Snapshots.read(bytes, from: .pr7559).claim == claim)
    #expect(try Self.detect(Fixtures.state("0.bin")) == .bin)
  }

  @Test func `a file that fits both formats is an error that asks for the format`() throws {
    // One page of zeros of a `.bin` state is, as `pr7559`, an empty memory, a state of zeros, and a
    // hint that reaches to the end if its length says so.
    var bytes = [UInt8](repeating: 0, count: 204 + 4099)
    bytes[4] = 1
    bytes.replaceSubrange(200..<204, with: ProposedFormat.bigEndian(4099))
    let error = #expect(throws: StreamError.self) { try Snapshots.read(bytes) }
    #expect(error?.missing == .format)
    #expect(try Snapshots.read(bytes, from: .bin).state.lastHint.isEmpty)
    #expect(try Snapshots.read(bytes, from: .pr7559).state.lastHint.count == 4099)
  }

  @Test func `a hint past the look-ahead changes nothing`() throws {
    let hint = [UInt8](repeating: 0, count: 300 << 10)
    for format in [SnapshotFormat.bin, .pr7559] {
      for pages: [UInt64] in [[], [6]] {
        let image = try SampleState.image(.v0, pages: pages, hint: hint)
        let reading = try Snapshots.read(Snapshots.write(image, as: format))
        #expect(reading.format == format)
        #expect(reading.state.lastHint.count == hint.count)
      }
    }
  }

  @Test func `other content is refused with the reason`() throws {
    let kinds: [([UInt8], StreamError.Kind)] = [
      ([], .truncated), ([9], .unsupported), ([0xFF], .unsupported), ([0x20, 0x20], .unsupported),
      (Array("[]".utf8), .unsupported), ([0x7F, 0x45, 0x4C, 0x46], .unsupported), ([0], .truncated),
      ([8], .truncated),
    ]
    for (bytes, kind) in kinds {
      #expect(failure { () throws(StreamError) in try Snapshots.read(bytes) } == kind, "\(bytes)")
    }
  }

  @Test func `white space may precede JSON`() throws {
    let json = [0x20, 0x0A, 0x0D, 0x09] + Array(#"{"memory":[]}"#.utf8)
    #expect(try Snapshots.read(json).format == .json)
  }

  @Test func `a format that is named wins over the content`() throws {
    let json = try Fixtures.state("0.json")
    #expect(
      .unsupported
        == failure { () throws(StreamError) in
          try Snapshots.read(json, from: .bin)
        })
  }
}

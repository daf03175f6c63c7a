import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// The binary format that was proposed and never merged.
struct PR7559Tests {
  private static let page = [UInt8](repeating: 3, count: Memory.pageSize)

  /// What follows the memory: the empty state's fields, without version byte and page count.
  private static func emptyState() throws -> [UInt8] {
    Array(try Fixtures.state("0.bin").dropFirst(5))
  }

  private static func kind(_ bytes: [UInt8]) -> StreamError.Kind? {
    failure { () throws(StreamError) in try Snapshots.read(bytes, from: .pr7559) }
  }

  @Test func `short pages are filled with zeros`() throws {
    let state = try Self.emptyState()
    let short = ProposedFormat.file(pages: [(7, [1, 2]), (2, [])], state: state)
    let whole = ProposedFormat.file(
      pages: [
        (2, .init(repeating: 0, count: 4096)), (7, [1, 2] + .init(repeating: 0, count: 4094)),
      ], state: state)
    #expect(try Snapshots.read(short).format == .pr7559)
    #expect(try Snapshots.convert(short, as: .pr7559) == whole)
  }

  @Test func `damaged memory blocks are errors`() throws {
    let state = try Self.emptyState()
    let good = ProposedFormat.file(pages: [(5, Self.page)], state: state)
    #expect(Self.kind(good) == nil)
    func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[offset] = value
      return bytes
    }
    #expect(Self.kind(changed(0, 1)) == .unsupported)
    #expect(Self.kind(changed(5, 1)) == .unsupported)
    #expect(Self.kind(changed(7, 0x10)) == .corrupt)
    #expect(Self.kind(changed(12, 0x20)) == .tooLarge)
    for length: UInt8 in [0, 1, 4, 8] {
      let wrong = [0] + ProposedFormat.bigEndian(UInt32(length)) + good.dropFirst(5)
      #expect(Self.kind(wrong) != nil, "length \(length)")
    }
    #expect(Self.kind([0, 0xFF, 0xFF, 0xFF, 0xFF] + good.dropFirst(5)) != nil)
    #expect(Self.kind(good + [0]) == .trailingData)
    let twice = ProposedFormat.file(pages: [(5, Self.page), (5, Self.page)], state: state)
    #expect(Self.kind(twice) == .corrupt)
    let long = ProposedFormat.file(pages: [(5, Self.page + [0])], state: state)
    #expect(Self.kind(long) == .tooLarge)
  }

  @Test func `exited must be 0 or 1`() throws {
    var bytes = ProposedFormat.file(pages: [], state: try Self.emptyState())
    let exited = 6 + 32 + 24 + 1
    bytes[exited] = 1
    #expect(try Snapshots.read(bytes, from: .pr7559).state.scalars.exited)
    bytes[exited] = 2
    #expect(Self.kind(bytes) == .corrupt)
  }

  @Test func `other versions are refused`() throws {
    for version in StateVersion.allCases where version != .v0 {
      let image = try SampleState.image(version)
      for format in [SnapshotFormat.pr7559, .json] {
        #expect(
          .unsupported
            == failure { () throws(StreamError) in
              try Snapshots.write(image, as: format)
            })
      }
    }
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// Snapshots that releases of Cannon wrote.
struct RecordedStateTests {
  static let names = Result { try Fixtures.stateClaims().keys.sorted() }
  static let count = 21

  private static func format(_ name: String) -> SnapshotFormat {
    if name.hasPrefix("pr7559") { return .pr7559 }
    return name.hasSuffix(".json") ? .json : .bin
  }

  @Test func `the table of recorded snapshots is complete`() throws {
    #expect(try Self.names.get().count == Self.count)
  }

  @Test func `every recorded snapshot is told apart and has the claim that its release gave`()
    throws
  {
    for (name, (version, claim)) in try Fixtures.stateClaims() {
      let reading = try Snapshots.read(Fixtures.state(name))
      #expect(reading.claim == claim, "\(name)")
      #expect(reading.state.version == version, "\(name)")
      #expect(reading.format == Self.format(name), "\(name)")
      let image = try Snapshot.load(from: MemorySource(Fixtures.state(name)))
      let witness = image.state.witness(memoryRoot: image.memory.root())
      #expect(image.state.claim(witness: witness) == claim, "\(name)")
    }
  }

  @Test func `binary snapshots are written back byte for byte`() throws {
    for name in try Self.names.get() where Self.format(name) == .bin {
      let bytes = try Fixtures.state(name)
      #expect(try Snapshots.rewrite(bytes, as: .bin) == bytes, "\(name)")
      #expect(try Snapshots.convert(bytes, as: .bin) == bytes, "\(name)")
    }
  }

  @Test func `JSON snapshots are written back the same once each page is inflated`() throws {
    for name in try Self.names.get() where Self.format(name) == .json {
      let bytes = try Fixtures.state(name)
      let inflated = try InflatedJSON.text(bytes)
      #expect(try InflatedJSON.text(Snapshots.rewrite(bytes, as: .json)) == inflated, "\(name)")
      #expect(try InflatedJSON.text(Snapshots.convert(bytes, as: .json)) == inflated, "\(name)")
    }
  }

  @Test func `the proposed format is written back with its pages in ascending order`() throws {
    let bytes = try Fixtures.state("pr7559-hello-150000.bin")
    let sorted = ProposedFormat.sortingPages(bytes)
    #expect(sorted != bytes)
    #expect(try Snapshots.rewrite(bytes, as: .pr7559) == sorted)
    #expect(try Snapshots.convert(bytes, as: .pr7559) == sorted)
    #expect(try Snapshots.convert(sorted, as: .pr7559) == sorted)
  }

  @Test func `the same state in two formats converts to the same file`() throws {
    let binary = try Fixtures.state("v0-hello-150000.bin")
    let json = try Fixtures.state("v0-hello-150000.json")
    #expect(try Snapshots.convert(json, as: .bin) == binary)
    #expect(
      try InflatedJSON.text(Snapshots.convert(binary, as: .json)) == InflatedJSON.text(json))
    let emptyBinary = try Fixtures.state("0.bin")
    let emptyJSON = try Fixtures.state("0.json")
    #expect(try Snapshots.convert(emptyJSON, as: .bin) == emptyBinary)
    #expect(try Snapshots.convert(emptyBinary, as: .json) == emptyJSON)
  }

  @Test func `compression is told by content, whatever the name`() throws {
    for name in ["v0-hello-150000.json", "pr7559-hello-150000.bin", "v8-threads-12000000.bin"] {
      let bytes = try Fixtures.state(name)
      let claim = try Snapshots.read(bytes).claim
      #expect(try Snapshots.read(Snapshots.gzip(bytes)).claim == claim, "\(name)")
      #expect(try Snapshots.read(Snapshots.zstd(bytes)).claim == claim, "\(name)")
    }
  }
}

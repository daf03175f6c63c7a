import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("The revision in .fsnap files")
struct RevisionSectionTests {
  private static func image(_ revision: String?) throws -> MemoryImage {
    let image = try SampleState.image(.v8)
    var state = image.state
    state.revision = revision
    return MemoryImage(state: state, memory: image.memory)
  }

  @Test("It is read as it was written, from full images and deltas, by either writer")
  func written() throws {
    for revision in [nil, "2026-06", "1.7.0", "2199-01"] as [String?] {
      let image = try Self.image(revision)
      let full = try Fsnap.write(image, FsnapOptions())
      let parts = FsnapParts(full)
      #expect(parts.sections.count { $0.kind == "REVN" } == (revision == nil ? 0 : 1))
      #expect(try Fsnap.load(full).state.revision == revision)
      let sink = MemorySink()
      try image.produce(for: FsnapEncoder(to: sink))
      #expect(sink.bytes == full)

      let folder = try TemporaryFolder()
      try Snapshots.save(full, folder.file("0.fsnap"))
      let delta = try Fsnap.write(image, FsnapOptions(base: FsnapBase(try Self.image(nil))))
      #expect(try Fsnap.load(delta, bases: .named(folder.path)).state.revision == revision)
    }
  }

  @Test("A machine's snapshot names the machine's revision")
  func machine() throws {
    let image = try Self.image(nil)
    let older = try #require(StateVersion.v8.revision(named: "1.9.0"))
    let machine = Machine(state: image.state, memory: image.memory, revision: older)
    let file = try Fsnap.write(MemoryImage(machine), FsnapOptions())
    let state = try Fsnap.load(file).state
    #expect(state.revision == "1.8.0")
    #expect(try Revision.chosen(for: state) == older)
    // Other formats can't tell.
    let binary = try Snapshots.write(MemoryImage(machine), as: .bin)
    #expect(try Snapshots.read(binary, from: .bin).state.revision == nil)
  }

  @Test("A name that is empty, too long or not printable is refused, and so is a second one")
  func hostile() throws {
    let parts = FsnapParts(try Fsnap.write(try Self.image("1.7.0"), FsnapOptions()))
    let place = try #require(parts.sections.firstIndex { $0.kind == "REVN" })
    for content in [[], [UInt8](repeating: 0x61, count: 65), [0x31, 0x20], [0xC3, 0xA9], [0]] {
      var other = parts
      other.sections[place].content = content
      #expect(throws: StreamError.self) { try Fsnap.load(other.bytes) }
    }
    var longest = parts
    longest.sections[place].content = [UInt8](repeating: 0x7E, count: 64)
    #expect(try Fsnap.load(longest.bytes).state.revision?.utf8.count == 64)
    var twice = parts
    twice.sections.insert(parts.sections[place], at: place)
    #expect(throws: StreamError.self) { try Fsnap.load(twice.bytes) }
  }
}

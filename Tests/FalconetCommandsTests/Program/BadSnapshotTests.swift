import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Snapshots that are corrupt or odd")
struct BadSnapshotTests {
  private let folder: TemporaryFolder
  /// The empty state of version 8 with one page.
  private let state: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    _ = try Guest.run(MachineImage(.v8, code: [Assembly.nop]), in: folder)
    state = try #require(folder.read("in.bin"))
  }

  /// Byte 0 is the version, the page count follows, then the page's index and its 4096 bytes.
  private let pageIndex = 9
  private let stateStart = 17 + 4096
  /// Pre-image key, offset, heap, reservation, exit code: then comes the boolean.
  private var exited: Int { stateStart + 32 + 8 + 8 + 17 + 1 }

  private func expectRefused(_ bytes: [UInt8], _ name: String = "bad.bin", _ words: String = "")
    throws
  {
    try folder.write(bytes, to: name)
    let before = folder.names
    for command in [["run", "--meta", ""], ["witness", "--output", "w"]] {
      let outcome = try Tool.run(command + ["--input", name], in: folder.path)
      #expect(outcome.exitCode == 1)
      #expect(outcome.text == "")
      let errors = outcome.lines(with: "error: ")
      #expect(errors.count == 1)
      #expect(errors.first?.contains(name) == true)
      #expect(errors.first?.contains(words) == true)
    }
    #expect(folder.names == before)
  }

  @Test("An ELF file in place of a snapshot: the error says what to do with it")
  func program() throws {
    let elf = try Fixtures.bytes("guests/64/hello.elf")
    try expectRefused(
      elf, "program.elf", "make a prestate of the program first, with 'falconet load-elf'")
  }

  @Test("The intact one is accepted")
  func intact() throws {
    #expect(state.count == 419 + 8 + 4096)
    #expect(try Tool.run(["witness", "--input", "in.bin"], in: folder.path).exitCode == 0)
  }

  @Test(
    "Cut at any place",
    arguments: [
      0, 1, 5, 9, 16, 17, 100, 4112, 4113, 4150, 4200, 4300, 4400, 4500, 4522,
    ])
  func cut(_ length: Int) throws { try expectRefused(Array(state.prefix(length))) }

  @Test("Compressed, and cut at any place")
  func cutGzip() throws {
    let sink = MemorySink()
    let gzip = GzipSink(over: sink)
    try gzip.write(state)
    try gzip.finish()
    for length in [
      1, 2, 9, 10, 11, 20, sink.bytes.count - 9, sink.bytes.count - 4, sink.bytes.count - 1,
    ] {
      try expectRefused(Array(sink.bytes.prefix(length)), "bad.bin.gz")
    }
    var wrong = sink.bytes
    wrong[wrong.count - 7] ^= 1
    try expectRefused(wrong, "bad.bin.gz", "checksum")
  }

  @Test(
    "An unknown version, a wrong boolean, bytes at the end, pages that are too many, out of range")
  func fields() throws {
    func changed(_ place: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = state
      bytes[place] = byte
      return bytes
    }
    try expectRefused(changed(0, 9), "bad.bin", "version")
    try expectRefused(changed(0, 255), "bad.bin", "version")
    try expectRefused(changed(exited, 2), "bad.bin", "\"exited\" is 2")
    try expectRefused(state + [0], "bad.bin")
    try expectRefused(changed(8, 2))
    try expectRefused(changed(1, 0x7F))
    try expectRefused(changed(pageIndex, 0x10))
  }

  @Test("A page that is there twice")
  func duplicate() throws {
    var bytes = state
    bytes[8] = 2
    bytes.insert(contentsOf: state[pageIndex..<stateStart], at: stateStart)
    try expectRefused(bytes, "bad.bin", "page")
  }

  @Test("Files that are no snapshots")
  func others() throws {
    try expectRefused(Array(try Fixtures.bytes("guests/64/hello.elf").prefix(100_000)), "a.elf")
    try expectRefused(Array("hello".utf8), "hello.bin")
    try expectRefused(Array(repeating: 0xFF, count: 10_000), "ones.bin")
    for name in ["missing.bin", "."] {
      let outcome = try Tool.run(["run", "--input", name, "--meta", ""], in: folder.path)
      #expect(outcome.exitCode == 1)
      #expect(outcome.log.contains("error: failed to load state: \(name)"))
    }
  }
}

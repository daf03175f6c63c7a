import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// The independent reader and the library say the same of every file, so that the specification,
/// which the reader was written from, is that of the files that are written.
@Suite(.enabled(if: PythonReader.isInstalled, "python3 is not installed"))
struct PythonReaderTests {
  @Test func `it gives the reference machine's claims`() throws {
    for (name, expected) in try Fixtures.stateClaims() {
      // Pure Python takes ten seconds for a state of some hundred pages.
      let isSmall = try Fixtures.state(name).count < 10_000
      let isQuick = isSmall || PythonReader.isFast
      guard isQuick || isLongRun || name.hasPrefix("pr7559") else { continue }
      let folder = try TemporaryFolder()
      try Snapshots.save(try Fixtures.state(name), folder.file(name))
      #expect(try PythonReader.claim([folder.file(name)]) == "\(expected.1)", "\(name)")
    }
  }

  @Test func `it tells formats apart by content, compressed or not`() throws {
    let folder = try TemporaryFolder()
    let image = try SampleState.image(.v0, pages: [4, 5])
    for format in [SnapshotFormat.bin, .json, .pr7559] {
      let file = try Snapshots.write(image, as: format)
      for bytes in [file, try Snapshots.gzip(file)] {
        try Snapshots.save(bytes, folder.file("state"))
        #expect(try PythonReader.claim([folder.file("state")]) == "\(Fsnap.claim(image))")
        let given = [folder.file("state"), "--from", "\(format)"]
        #expect(try PythonReader.claim(given) == "\(Fsnap.claim(image))")
      }
    }
  }

  @Test(
    .enabled(if: PythonReader.hasZstd, "python3 has neither the module zstandard nor libzstd"),
    arguments: StateVersion.allCases)
  func `it reads .fsnap files and their deltas`(_ version: StateVersion) throws {
    let folder = try TemporaryFolder()
    let image = try Fsnap.sample(version)
    var options = Fsnap.smallBlocks
    for number in 0..<3 {
      let sink = MemorySink()
      let base = try FsnapWriter.write(image, to: sink, options)
      let path = folder.file("\(number).fsnap")
      try Snapshots.save(sink.bytes, path)
      #expect(try PythonReader.claim([path]) == "\(Fsnap.claim(image))")
      options.base = base
      try image.memory.storeWord(UInt64(number) + 9, at: UInt64(number) << 12 | 0x200)
      try image.memory.storeWord(9, at: UInt64(number + 9) << 12)
    }
    let named = [folder.file("2.fsnap"), "--base", folder.file("1.fsnap")]
    #expect(try PythonReader.claim(named) != nil)
    let wrong = [folder.file("2.fsnap"), "--base", folder.file("0.fsnap")]
    #expect(try PythonReader.claim(wrong) == nil)
  }

  @Test(.enabled(if: PythonReader.hasZstd, "python3 has neither the module zstandard nor libzstd"))
  func `it refuses what the library refuses`() throws {
    let folder = try TemporaryFolder()
    let file = try Fsnap.write(Fsnap.sample())
    let path = folder.file("1.fsnap")
    func agrees(_ bytes: [UInt8], _ what: String) throws {
      try Snapshots.save(bytes, path)
      let isRight = failure { () throws(StreamError) in try Fsnap.check(bytes) } == nil
      #expect(try (PythonReader.claim([path, "--from", "fsnap"]) != nil) == isRight, "\(what)")
    }
    var random = SeededGenerator(seed: 31)
    for _ in 0..<(isLongRun ? 500 : 20) {
      var changed = file
      let offset = random.below(file.count)
      changed[offset] ^= UInt8(random.below(255) + 1)
      try agrees(changed, "byte \(offset)")
      try agrees(Array(file[..<offset]), "cut at \(offset)")
    }
    try agrees(file + [0], "a byte more")
    var parts = FsnapParts(file)
    parts.sections.insert(FsnapParts.Section(kind: "note", flags: 0, content: [1, 2]), at: 2)
    try agrees(parts.bytes, "an optional section")
    parts.sections[2].flags = 1
    try agrees(parts.bytes, "a mandatory section")
    for (section, part) in FsnapParts(file).sections.enumerated() {
      // Of a block its number and what zstd's frame begins with: inside the frame, releases of zstd
      // differ in whether they look at reserved bits.
      for offset in part.content.indices.prefix(part.kind == "BLCK" ? 14 : 40) {
        guard isLongRun || offset % 7 == 0 else { continue }
        var lie = FsnapParts(file)
        lie.sections[section].content[offset] ^= 1
        try agrees(lie.bytes, "section \(section), byte \(offset)")
      }
    }
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// The examples of `docs/snapshot-formats.md` are files as the library writes and reads them.
struct SpecificationTests {
  private static let document =
    String(
      #filePath.dropLast("/Tests/FalconetSnapshotsTests/Fsnap/SpecificationTests.swift".count))
    + "/docs/snapshot-formats.md"

  private let text: String
  /// The files of the hex blocks: bin, pr7559, fsnap, and a delta.
  private let files: [[UInt8]]

  init() throws {
    text = String(decoding: try Snapshots.contents(Self.document), as: UTF8.self)
    var files: [[UInt8]] = []
    var isHex = false
    for line in text.split(separator: "\n") {
      if line == "```hex" { files.append([]) }
      if isHex, !line.hasPrefix("```") {
        let words = line.prefix { $0 != ";" }.split(separator: " ")
        try #require(words.count == 2, "\(line)")
        let last = files.count - 1
        #expect(UInt64(words[0], radix: 16) == UInt64(files[last].count), "\(line)")
        files[last] += try Self.bytes(words[1])
      }
      isHex = line == "```hex" || isHex && !line.hasPrefix("```")
    }
    try #require(files.count == 4)
    self.files = files
  }

  /// Hexadecimal digits, or `00*N` for N zero bytes.
  private static func bytes(_ word: Substring) throws -> [UInt8] {
    guard let star = word.firstIndex(of: "*") else { return try #require(Hex.decode(word)) }
    let count = try #require(Int(word[word.index(after: star)...]))
    return [UInt8](repeating: 0, count: count)
  }

  /// The state that the document describes.
  private static func example() throws -> MemoryImage {
    let memory = Memory(wordSize: .bits32)
    try memory.storeWord(0x3408_2000, at: 0x1000)
    var state = MachineState(version: .v0)
    state.scalars.heap = 0x2000_0000
    state.threads.left[0].pc = 0x1000
    state.threads.left[0].nextPC = 0x1004
    state.lastHint = [0, 0, 0, 9, 0x61]
    return MemoryImage(state: state, memory: memory)
  }

  /// The state two steps later.
  private static func next() throws -> MemoryImage {
    let image = try example()
    try image.memory.storeWord(0x3C09_8001, at: 0x1004)
    try image.memory.storeWord(7, at: 0x7FFF_D000)
    var state = image.state
    state.scalars.step = 2
    state.threads.left[0].pc = 0x1008
    state.threads.left[0].nextPC = 0x100C
    state.lastHint = []
    return MemoryImage(state: state, memory: image.memory)
  }

  /// A file without what depends on the release of zstd.
  private static func fixedParts(_ file: [UInt8]) -> FsnapParts {
    var parts = FsnapParts(file)
    for index in parts.sections.indices where parts.sections[index].kind == "BLCK" {
      parts.sections[index].content.removeLast(parts.sections[index].content.count - 4)
    }
    return parts
  }

  @Test func `its binary files are what is written`() throws {
    let image = try Self.example()
    #expect(try Snapshots.write(image, as: .bin) == files[0])
    #expect(try Snapshots.write(image, as: .pr7559) == files[1])
  }

  @Test func `its .fsnap files are what is written, and are read`() throws {
    let folder = try TemporaryFolder()
    try Snapshots.save(files[2], folder.file("0.fsnap"))
    let image = try Self.example()
    let next = try Self.next()
    let written = try Fsnap.write(image, FsnapOptions())
    #expect(Self.fixedParts(written).bytes == Self.fixedParts(files[2]).bytes)
    let delta = try Fsnap.write(next, FsnapOptions(base: FsnapBase(image)))
    #expect(Self.fixedParts(delta).bytes == Self.fixedParts(files[3]).bytes)
    #expect(try Fsnap.binary(Fsnap.load(files[2])) == files[0])
    let read = try Fsnap.load(files[3], bases: .named(folder.path))
    #expect(try Fsnap.binary(read) == Fsnap.binary(next))
  }

  @Test func `its JSON file is read, and is what is written but for the compressed page`() throws {
    let start = try #require(text.firstRange(of: "```json\n"))
    let end = try #require(text[start.upperBound...].firstRange(of: "```"))
    let registers = String(repeating: "    0,\n", count: 30) + "    0\n"
    let shown = text[start.upperBound..<end.lowerBound]
      .replacing("    …31 more…\n", with: registers)
    #expect(try Snapshots.rewrite(Array(shown.utf8), as: .bin) == files[0])
    let written = try Snapshots.write(try Self.example(), as: .json)
    func otherLines(_ text: some StringProtocol) -> [Substring] {
      String(text).split(separator: "\n").filter { !$0.contains("\"data\"") }
    }
    #expect(otherLines(shown) == otherLines(String(decoding: written, as: UTF8.self)))
  }

  @Test func `its hashes are right`() throws {
    let image = try Self.example()
    let header = FsnapParts(files[2])
    let hashes = [
      header.claim, Array(header.witness[..<32]), header.digest,
      Array(header.table[0][8...]), FsnapParts(files[3]).claim,
    ]
    for hash in hashes { #expect(text.contains("`\(Hex.encode(hash))`")) }
    #expect(header.claim == Fsnap.claim(image).bytes)
    for hash in [ZeroHashes.byHeight[7], ThreadStackRoot.empty] {
      #expect(text.contains("`\(Hex.encode(hash.bytes))`"))
    }
  }

  /// The last cell of a version's column in the table that follows a heading.
  private func end(of version: StateVersion, after heading: String) throws -> Substring {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0 == heading })
    let name = "v\(version.rawValue)"
    let head = try #require(
      lines[start...].first { $0.hasPrefix("| field | v") }.map { $0.split(separator: "|") })
    let column = try #require(
      head.firstIndex { $0.split { $0 == " " || $0 == "," }.contains(Substring(name)) },
      "\(heading): no column for \(name)")
    let row = try #require(lines[start...].first { $0.hasPrefix("| end |") })
    return row.split(separator: "|")[column].filter { $0 != " " }[...]
  }

  @Test("Its tables have a column for each version, of the library's sizes")
  func sizes() throws {
    for version in StateVersion.allCases where !version.isSingleThreaded {
      let witness = try end(of: version, after: "All others, with many threads:")
      #expect(Int(witness) == version.witnessLayout.byteCount, "version \(version.rawValue)")
      let thread = try end(of: version, after: "### 4.2 Thread")
      #expect(Int(thread) == version.threadLayout.byteCount, "version \(version.rawValue)")
    }
  }

  @Test("It says of each version how long a word is")
  func words() {
    func list(_ wordSize: WordSize) -> String {
      let versions = StateVersion.allCases.filter { $0.wordSize == wordSize }
      let numbers = versions.map { "\($0.rawValue)" }
      return numbers.dropLast().joined(separator: ", ") + " and " + (numbers.last ?? "")
    }
    let sentence =
      "A **word** has 4 bytes in versions \(list(.bits32)), and 8 in versions \(list(.bits64))."
    #expect(text.contains(sentence))
  }

  @Test(.enabled(if: PythonReader.isInstalled && PythonReader.hasZstd, "python3 can't run it"))
  func `the independent reader reads its files`() throws {
    let folder = try TemporaryFolder()
    for (number, file) in files.enumerated() {
      try Snapshots.save(file, folder.file("\(number).fsnap"))
    }
    for number in 0..<4 {
      let claim = number < 3 ? try Fsnap.claim(Self.example()) : try Fsnap.claim(Self.next())
      #expect(try PythonReader.claim([folder.file("\(number).fsnap")]) == "\(claim)")
    }
  }
}

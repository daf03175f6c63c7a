import FalconetMachine
import FalconetTestSupport
import Glibc
import Testing

@Suite("falconet load-elf")
struct LoadELFTests {
  @Test(
    "The prestate of each version has the recorded claim and witness, by number and by name",
    arguments: StateVersion.allCases)
  func versions(_ version: StateVersion) throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(version, "hello")
    let elf = try Fixtures.path("guests/" + vector.elf)
    for type in ["\(version.rawValue)", version.name] {
      let outcome = try Tool.run(["load-elf", "--type", type, "--path", elf], in: folder.path)
      #expect(outcome.exitCode == 0)
      #expect(outcome.text == "")
      #expect(
        outcome.log == "level=INFO msg=\"Loaded the program\" module=load-elf"
          + " version=\(version.rawValue) loader=\(version.loader.rawValue)\n")
      #expect(folder.names == ["meta.json", "state.bin.gz"])
      let witness = try witness(folder.file("state.bin.gz"))
      #expect(witness["stateVersion"] == .number(UInt64(version.rawValue)))
      #expect(witness["witnessHash"] == .string("\(vector.prestateHash)"))
    }
  }

  @Test("Output can go to a plain file, to standard output, or nowhere")
  func outputs() throws {
    let folder = try TemporaryFolder()
    func load(_ arguments: String..., input: [UInt8]? = nil, path: String? = nil) throws -> Outcome
    {
      let elf = try path ?? Fixtures.path("guests/64/hello.elf")
      let outcome = try Tool.run(
        ["load-elf", "-type=8", "-path", elf] + arguments, in: folder.path, input: input)
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      return outcome
    }
    _ = try load()
    let state = try folder.decompressed("state.bin.gz")
    let symbols = try #require(folder.read("meta.json"))
    #expect(state.first == 8)
    #expect(try JSONValue(symbols).keys == ["symbols", "program"])

    _ = try load("--out", "plain.bin", "--meta", "symbols.json")
    #expect(folder.read("plain.bin") == state)
    #expect(folder.read("symbols.json") == symbols)

    let before = folder.names
    #expect(try load("--out", "-", "--meta", "").output == state)
    #expect(try load("--out", "", "--meta=-").output == symbols)
    #expect(try load("--out", "", "--meta", "").output == [])
    let elf = try Fixtures.bytes("guests/64/hello.elf")
    #expect(try load("--out", "-", "-meta=", input: elf, path: "-").output == state)
    #expect(folder.names == before)
  }

  @Test("The program, the version and the prestate have two spellings each")
  func spellings() throws {
    let folder = try TemporaryFolder()
    let elf = try Fixtures.path("guests/64/hello.elf")
    for (index, arguments) in [
      ["--type", "8", elf], [elf, "--type", "8"], ["--state-version", "8", "--input", elf],
      ["--path", elf, "-type=8"],
    ].enumerated() {
      let out = [index % 2 == 0 ? "--out" : "--output", "\(index).bin", "--meta", ""]
      let outcome = try Tool.run(["load-elf"] + out + arguments, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      #expect(folder.read("\(index).bin") == folder.read("0.bin"))
    }
    for arguments in [[elf, elf], [elf, "--path", elf], ["--path", elf, elf]] {
      let outcome = try Tool.run(["load-elf", "--type", "8"] + arguments, in: folder.path)
      #expect(outcome.exitCode == 64, "\(arguments)")
    }
  }

  @Test("An older release's loader makes its prestate; others are refused")
  func loaders() throws {
    let folder = try TemporaryFolder()
    let elf = try Fixtures.path("guests/32-go1.21/hello.elf")
    let arguments = ["load-elf", "--type", "0", "--path", elf, "--meta", "", "--out", "state.json"]
    for name in ["op-program/v1.2.0", "op-program/v1.0.1", "op-program/1.2.0"] {
      let outcome = try Tool.run(arguments + ["--loader", name], in: folder.path)
      #expect(outcome.exitCode == 0)
      #expect(outcome.log.hasSuffix(" version=0 loader=op-program/v1.2.0\n"))
      #expect(
        try witness(folder.file("state.json"))["witnessHash"]
          == .string("0x030fc6f73ef4ead5f698f3036fb7d71a5b8858067c28d178a8f1c76767cda4a0"))
      #expect(unlink(folder.file("state.json")) == 0)
    }
    for name in ["", "op-program/v9", "cannon/v1.6.0"] {
      let outcome = try Tool.run(arguments + ["--loader", name], in: folder.path)
      #expect(outcome.exitCode == 64)
      #expect(outcome.log.contains("choose one of cannon/v1.0.0, op-program/v1.3.1"))
      #expect(folder.names == [])
    }
  }

  /// Changes to an ELF file of 64 bits: the place, and the bytes there.
  private static let damage: [(String, Int, [UInt8])] = [
    ("magic", 0, [0x7E]), ("class", 4, [3]), ("32-bit class", 4, [1]), ("little-endian", 5, [1]),
    ("another machine", 18, [0, 0x3E]), ("segments past the end", 32, [0x7F]),
    ("segments of an odd size", 54, [0, 1]), ("sections past the end", 40, [0x7F]),
  ]

  @Test("A corrupt ELF file is refused, and nothing is written", arguments: damage.indices)
  func damaged(_ index: Int) throws {
    let (_, place, bytes) = Self.damage[index]
    var elf = try Fixtures.bytes("guests/64/hello.elf")
    elf.replaceSubrange(place..<place + bytes.count, with: bytes)
    try expectRefused(elf)
  }

  @Test(
    "An ELF file that is cut short is refused, and nothing is written",
    arguments: [
      0, 1, 15, 63, 64, 100, 0x1000, 0x10000, 1_000_000, 2_400_000,
    ])
  func cut(_ length: Int) throws {
    try expectRefused(Array(try Fixtures.bytes("guests/64/hello.elf").prefix(length)))
  }

  private func expectRefused(_ elf: [UInt8]) throws {
    let folder = try TemporaryFolder()
    try folder.write(elf, to: "a.elf")
    for (path, input) in [("a.elf", nil), ("-", elf)] {
      let outcome = try Tool.run(
        ["load-elf", "--type", "8", "--path", path], in: folder.path, input: input)
      #expect(outcome.exitCode == 1)
      #expect(outcome.text == "")
      #expect(outcome.log.hasPrefix("error: failed to load ELF data"))
      #expect(outcome.lines(with: "error").count == 1)
      #expect(folder.names == ["a.elf"])
    }
  }

  @Test("A guest of the other word size, a missing file and a folder are refused")
  func wrongFiles() throws {
    let folder = try TemporaryFolder()
    let wide = try Fixtures.path("guests/64/hello.elf")
    let narrow = try Fixtures.path("guests/32/hello.elf")
    for (type, path) in [("5", wide), ("8", narrow), ("8", "missing.elf"), ("8", folder.path)] {
      let outcome = try Tool.run(["load-elf", "--type", type, "--path", path], in: folder.path)
      #expect(outcome.exitCode == 1)
      #expect(outcome.log.contains(path))
      #expect(folder.names == [])
    }
  }
}

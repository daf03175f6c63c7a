import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Local inputs as texts")
struct LocalInputTextTests {
  /// Files that texts name.
  static let files: [String: [UInt8]] = [
    "empty": [], "hash": [UInt8](repeating: 7, count: 32), "number": [0, 0, 0, 0, 0, 0, 1, 2],
    "object": Array(" \n{}\n".utf8), "list": Array("[]".utf8), "=@": [1], "hex": Array("00".utf8),
  ]

  static func parse(
    _ texts: [String], _ program: GameProgram? = nil
  ) throws(LocalInputError) -> [UInt64: [UInt8]] {
    try LocalInputs.parse(texts, program: program) { path throws(StreamError) in
      guard let bytes = files[path] else {
        throw StreamError(.notFound, path: path, message: "there is no such file")
      }
      return bytes
    }
  }

  @Test("Indices are decimal or hexadecimal, values with or without 0x")
  func indices() throws {
    let values = try Self.parse([
      "1=0xABcd", "0x2=ff", "3=", "4=0x", "18446744073709551615=00", "0xFFfe=01",
    ])
    #expect(
      values == [
        1: [0xAB, 0xCD], 2: [0xFF], 3: [], 4: [], UInt64.max: [0], 0xFFFE: [1],
      ])
  }

  @Test("A file has the bytes themselves")
  func files() throws {
    let values = try Self.parse(["1=@hash", "2=@empty", "3=@object"])
    #expect(values == [1: Self.files["hash"], 2: [], 3: Self.files["object"]])
    #expect(try Self.parse(["1=@=@"]) == [1: [1]])
    let missing = failure { () throws(LocalInputError) in _ = try Self.parse(["1=@missing"]) }
    #expect(missing?.description.contains("missing: there is no such file") == true)
  }

  static let refused: [(String, LocalInputError.Kind)] = [
    ("", .noEqualsSign), ("1", .noEqualsSign), ("1:00", .noEqualsSign),
    ("=00", .badIndex), ("-1=00", .badIndex), ("+1=00", .badIndex),
    ("0x=00", .badIndex), ("0x-1=00", .badIndex), ("1 =00", .badIndex), ("1_0=00", .badIndex),
    ("18446744073709551616=00", .badIndex), ("0x10000000000000000=00", .badIndex),
    ("1=0", .badValue), ("1=0x0", .badValue), ("1=zz", .badValue), ("1=00 ", .badValue),
    ("1=00=00", .badValue), ("1=+0", .badValue), ("1=é", .badValue), ("1=0x0x00", .badValue),
    ("1=@", .noFileName),
  ]

  @Test("A text of another form is refused", arguments: refused)
  func form(_ text: String, _ kind: LocalInputError.Kind) {
    for program in [nil, GameProgram.kona] {
      let error = failure { () throws(LocalInputError) in _ = try Self.parse([text], program) }
      #expect(error == LocalInputError(kind, text: text, program: program))
      #expect(error?.description.contains("INDEX=") == true)
    }
  }

  @Test("An index is given once, however it is written", arguments: ["16=00", "0x10=00"])
  func repeated(_ text: String) {
    let error = failure { () throws(LocalInputError) in _ = try Self.parse(["16=00", text]) }
    #expect(error?.kind == .repeatedIndex(16))
    let named = failure { () throws(LocalInputError) in
      _ = try Self.parse(["block-number=1", "4=0000000000000001"], .kona)
    }
    #expect(named?.kind == .repeatedIndex(4))
  }
}

@Suite("Local inputs by name")
struct LocalInputNameTests {
  private func parse(
    _ texts: [String], _ program: GameProgram? = nil
  ) throws(LocalInputError) -> [UInt64: [UInt8]] {
    try LocalInputTextTests.parse(texts, program)
  }

  private func refusal(_ text: String, _ program: GameProgram?) -> String {
    let error = failure { () throws(LocalInputError) in _ = try parse([text], program) }
    return error?.description ?? ""
  }

  /// The numbers as the sources of the programs have them, in June 2026.
  static let numbers: [(GameProgram, [String])] = [
    (
      .opProgram,
      [
        "l1-head", "agreed-output-root", "claim", "block-number", "chain-id", "l2-config",
        "rollup-config", "", "l1-config",
      ]
    ),
    (
      .opProgramInterop,
      [
        "l1-head", "agreed-state", "claimed-state", "timestamp", "", "l2-configs",
        "rollup-configs", "dependency-set", "l1-config",
      ]
    ),
    (
      .kona,
      [
        "l1-head", "agreed-output-root", "claim", "block-number", "chain-id", "rollup-config",
        "l1-config",
      ]
    ),
    (
      .konaInterop,
      [
        "l1-head", "agreed-state", "claimed-state", "timestamp", "", "rollup-configs",
        "l1-config", "dependency-set",
      ]
    ),
  ]

  @Test("Each program has its own numbers", arguments: numbers)
  func table(_ program: GameProgram, _ names: [String]) throws {
    var expected: [UInt64: String] = [:]
    for (index, name) in names.enumerated() where !name.isEmpty {
      expected[UInt64(index + 1)] = name
    }
    #expect(
      expected == Dictionary(uniqueKeysWithValues: program.inputs.map { ($1, $0.name) }))
    for (number, name) in expected {
      let row = try #require(LocalInputRow.all.first { $0.name == name })
      let file = [.hash: "hash", .number: "number", .json: "list"][row.form] ?? ""
      #expect(
        try parse(["\(name)=@\(file)"], program) == [number: LocalInputTextTests.files[file]])
    }
  }

  @Test("Hashes are hexadecimal, numbers decimal or hexadecimal, and the rest comes from files")
  func values() throws {
    let hash = String(repeating: "5a", count: 32)
    let values = try parse(
      [
        "l1-head=0x\(hash)", "claim=\(hash)", "block-number=1000004", "chain-id=0xA",
        "rollup-config=@object", "l1-config=0x5b5d", "99=00",
      ], .kona)
    let bytes = [UInt8](repeating: 0x5A, count: 32)
    #expect(
      values == [
        1: bytes, 3: bytes, 4: [0, 0, 0, 0, 0, 0x0F, 0x42, 0x44], 5: [0, 0, 0, 0, 0, 0, 0, 10],
        6: LocalInputTextTests.files["object"], 7: Array("[]".utf8), 99: [0],
      ])
    #expect(
      try parse(["chain-id=18446744073709551615"], .opProgram)
        == [5: [UInt8](repeating: 0xFF, count: 8)])
  }

  @Test(
    "A value of another width or kind is refused, also by number",
    arguments: [
      (
        "claim=0x00", "1 byte, but kona, for its claimed output root, reads 32 bytes: write claim="
      ),
      ("3=00", "write claim= and 64 hexadecimal digits"), ("claim=@number", "8 bytes, but kona"),
      (
        "4=0f4244",
        "3 bytes, but kona, for its block number of the claim, reads 8 bytes, big-endian"
      ),
      ("block-number=@hash", "32 bytes, but kona"), ("claim=0", "write claim= and 64"),
      ("block-number=", "not a number below 2^64"), ("block-number=-1", "not a number below 2^64"),
      ("block-number=0x", "not a number below 2^64"), ("chain-id=ten", "not a number below 2^64"),
      ("block-number=18446744073709551616", "not a number below 2^64"),
      ("rollup-config=@hex", "no JSON object or array, which kona, for its rollup configuration"),
      ("7=@empty", "write l1-config=@FILE"), ("rollup-config=x", "write rollup-config=@FILE"),
      ("claim=@", "@ names no file"),
    ])
  func width(_ text: String, _ part: String) {
    #expect(refusal(text, .kona).contains(part))
  }

  @Test("A number that the program has no name for is as it is written")
  func unnamed() throws {
    #expect(try parse(["8=00", "4=00"], nil) == [8: [0], 4: [0]])
    #expect(try parse(["8=00"], .opProgram) == [8: [0]])
  }

  @Test("A name that the program lacks is refused with its names, and the programs that have it")
  func names() {
    let own = "use one of l1-head, agreed-output-root, claim, block-number, chain-id"
    #expect(refusal("l1-hed=00", .kona).contains("kona has no input of this name: \(own)"))
    #expect(
      refusal("timestamp=1", .kona)
        .contains(
          "kona has no input of this name, unlike kona-interop, op-program-interop: \(own)"))
    #expect(
      refusal("claim=00", nil)
        .contains("name the program (op-program, op-program-interop, kona, kona-interop)"))
  }

  @Test("docs/real-programs.md has the table")
  func document() throws {
    let file = String(#filePath.dropLast("Tests/FalconetOracleTests/LocalInputTests.swift".count))
    let path = file + "docs/real-programs.md"
    let bytes = try ByteReader(FileSource(path: path)).readAll(limit: 1 << 20)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let programs = GameProgram.allCases
    let head = "| name | value and encoding |" + programs.map { " `\($0.rawValue)` |" }.joined()
    let start = try #require(lines.firstIndex { $0 == head })
    let rows = LocalInputRow.all.map { row in
      let cells = programs.map { row.numbers[$0].map { " \($0) |" } ?? " |" }.joined()
      return "| `\(row.name)` | \(row.meaning): \(row.form.encoding) |\(cells)"
    }
    #expect(lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map(String.init) == rows)
  }
}

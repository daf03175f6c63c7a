import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// Names that are no UTF-8, one of them with a character that stands for such a byte.
@Suite("Names and arguments of any bytes")
struct NameTests {
  private let folder: TemporaryFolder
  /// A directory with an odd name, which the commands run in.
  private let odd: String

  init() throws {
    folder = try TemporaryFolder()
    odd = folder.file(String(fileName: [0x64, 0xFF, 0xC3, 0x28]))
    try #require(odd.withFileName { mkdir($0, 0o755) } == 0)
  }

  /// A name whose end is readable.
  private static func name(_ end: String) -> String {
    String(fileName: [0x6E, 0xE9, 0xFF] + Array("\u{10FE80}é".utf8) + Array(end.utf8))
  }

  private func run(_ arguments: [String], exitCode: Int32 = 0) throws -> Outcome {
    let outcome = try Tool.run(arguments, in: odd)
    #expect(outcome.exitCode == exitCode, "\(arguments): \(outcome.log)")
    return outcome
  }

  private func expect(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      TemporaryFolder.contents(odd + "/" + name) != nil, "\(name.readableFileName) is not there",
      sourceLocation: sourceLocation)
  }

  @Test("Every command reads and writes the files that it is told to")
  func commands() throws {
    let name = Self.name
    try folder.write(
      try #require(TemporaryFolder.contents(Fixtures.path("guests/64/oracle.elf"))), to: "elf")
    let elf = odd + "/" + name(".elf")
    try #require(
      folder.file("elf").withFileName { from in elf.withFileName { rename(from, $0) } } == 0)
    let preimages = odd + "/" + name("-preimages")
    try #require(
      Fixtures.path("preimages/oracle-valid").withFileName { from in
        preimages.withFileName { symlink(from, $0) }
      } == 0)

    try #require((odd + "/" + name("-p")).withFileName { mkdir($0, 0o755) } == 0)

    // Each with the names that it has to make.
    let rows: [(arguments: [String], makes: [String])] = [
      (["check-elf", "--type", "8", name(".elf")], []),
      (
        [
          "load-elf", "--type", "8", "--path", name(".elf"), "--out", name(".bin.gz"), "--meta",
          name("-meta.json"),
        ], [name(".bin.gz"), name("-meta.json")]
      ),
      (
        [
          "run", "--input", name(".bin.gz"), "--meta", name("-meta.json"), "--output",
          name("-out.fsnap"), "--preimages", name("-preimages"), "--record-preimages",
          name("-recorded"), "--proof-at", "=1000,=2000", "--proof-fmt", name("-p/%d.json"),
          "--snapshot-at", "=1000,=2000", "--snapshot-fmt", name("-%d.fsnap"), "--snapshot-delta",
          "--debug-info", name("-debug.json"), "--profile", name("-profile.pb.gz"),
        ],
        [
          name("-out.fsnap"), name("-p/1000.json"), name("-p/2000.json"), name("-1000.fsnap"),
          name("-2000.fsnap"), name("-debug.json"), name("-profile.pb.gz"),
          name("-recorded") + "/kvformat",
        ]
      ),
      (
        [
          "run", "--input", name(".bin.gz"), "--meta", "", "--output=\(name("-2.bin"))",
          "--stop-at", "=10",
        ], [name("-2.bin")]
      ),
      (["witness", "--input", name(".bin.gz"), "--output", name("-witness")], [name("-witness")]),
      (["claim", name("-2000.fsnap"), name(".bin.gz")], []),
      (["inspect", name("-2000.fsnap")], []),
      (["check", name("-2000.fsnap"), name("-out.fsnap")], []),
      (["convert", name("-2000.fsnap"), name("-c.bin.gz")], [name("-c.bin.gz")]),
      (["squash", name("-2000.fsnap"), name("-s.fsnap")], [name("-s.fsnap")]),
      (["verify", name("-p/1000.json"), name("-p/2000.json")], []),
      (["verify", name("-p")], []),
      (["calldata", name("-p/1000.json")], []),
      (
        [
          "bisect", "--input", name(".bin.gz"), "--until", "100", "--preimages", name("-preimages"),
        ],
        []
      ),
      (
        [
          "trace", "claim", "--folder", name("-trace"), "--input", name(".bin.gz"), "--preimages",
          name("-preimages"), "1000", "5000000",
        ], [name("-trace") + "/claims.log"]
      ),
      (
        [
          "trace", "export", "--folder", name("-trace"), "--input", name(".bin.gz"), "--preimages",
          name("-preimages"), name("-game"),
        ], []
      ),
      (
        [
          "trace", "adopt", "--folder", name("-other"), "--input", name(".bin.gz"), "--preimages",
          name("-preimages"), name("-game"),
        ], [name("-other") + "/trace.json"]
      ),
      (["trace", "delete", "--folder", name("-other")], []),
      (["demo", "--dir", name("-demo")], [name("-demo") + "/state.bin.gz"]),
    ]
    for row in rows {
      _ = try run(row.arguments)
      for made in row.makes { expect(made) }
    }
    // Nothing has a name that was repaired.
    for found in TemporaryFolder.names(in: odd) {
      #expect(!found.unicodeScalars.contains("\u{FFFD}"))
    }
    #expect(folder.names == [String(odd.dropFirst(folder.path.count + 1))])
  }

  @Test("A server gets the very bytes")
  func server() throws {
    let (word, out) = (Self.name("=x"), odd + "/" + Self.name("-out"))
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    _ = try run(
      [
        "run", "--input", input, "--meta", "", "--output", "", "--stop-at", "=1000", "--", "sh",
        "-c", "printf '%s|' \"$1\" \"$2\" > \"$1\"", "sh", out, word,
      ])
    let expected = out.fileNameBytes + [0x7C] + word.fileNameBytes + [0x7C]
    #expect(eventually { TemporaryFolder.contents(out) == expected })
  }

  @Test("Errors and logs show the bytes readably")
  func errors() throws {
    for arguments in [
      ["claim", Self.name(".bin")], ["convert", "x.bin", Self.name("/a.bin")],
      ["verify", Self.name("")], ["witness", "--input", Self.name("")],
      ["load-elf", "--type", "8", "--path", Self.name("")],
    ] {
      let outcome = try run(arguments, exitCode: 1)
      let shown = outcome.log + outcome.text
      #expect(
        shown.contains("n\\xe9\\xff\\xf4\\x8f\\xba\\x80é") || arguments[0] == "convert", "\(shown)")
      #expect(!shown.unicodeScalars.contains { (0x10FE80...0x10FEFF).contains($0.value) })
    }
  }

  /// No text of a JSON value has a character that stands for a byte.
  private func expectPlain(_ value: JSONValue) {
    switch value {
    case .object(let members): for member in members { expectPlain(member.value) }
    case .array(let elements): for element in elements { expectPlain(element) }
    case .string(let text):
      #expect(!text.unicodeScalars.contains { (0x10FE80...0x10FEFF).contains($0.value) }, "\(text)")
    case .number, .bool, .null: break
    }
  }

  @Test("JSON shows the bytes readably, and has all of them beside each name")
  func json() throws {
    let (name, readable) = (Self.name(""), "n\\xe9\\xff\\xf4\\x8f\\xba\\x80é")
    let bytes = "0x" + name.fileNameBytes.map { String($0, radix: 16) }.joined()
    let verified = try JSONValue(run(["verify", "--json", name], exitCode: 1).output).elements[0]
    #expect(verified["proof"]?.string == readable && verified["proofBytes"]?.string == bytes)
    #expect(verified["message"]?.string?.contains(readable) == true)
    expectPlain(verified)
    let checked = try JSONValue(run(["check", "--json", name], exitCode: 1).output).elements[0]
    #expect(checked["snapshot"]?.string == readable && checked["snapshotBytes"]?.string == bytes)
    expectPlain(checked)

    let input = try Guest.folder("hello") + "/state.bin.gz"
    let trace = ["--folder", name, "--input", input]
    _ = try run(["trace", "claim"] + trace + ["5"])
    /// Puts a file into the directory that does not belong there.
    func intrude() throws {
      let file = odd + "/" + name + "/" + name
      let made = file.withFileName { open($0, O_CREAT | O_WRONLY, 0o600) }
      try #require(made >= 0)
      close(made)
    }
    try intrude()
    let status = try JSONValue(run(["trace", "status"] + trace).output)
    let aside = try #require(status["putAside"]?.elements.first)
    #expect(aside["file"]?.string?.hasSuffix("\(readable)/\(readable)") == true)
    #expect(aside["fileBytes"]?.string?.hasSuffix("2f" + bytes.dropFirst(2)) == true)
    #expect(aside["movedToBytes"]?.string?.hasPrefix("0x") == true)
    expectPlain(status)
    try intrude()
    let log = try run(["trace", "claim"] + trace + ["--log-format", "json", "5"]).log
    let line = try JSONValue(Array(log.utf8))
    #expect(line["file"]?.string?.hasSuffix("\(readable)/\(readable)") == true, "\(log)")
    expectPlain(line)
  }
}

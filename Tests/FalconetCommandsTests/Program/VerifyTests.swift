import FalconetMachine
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("The command verify")
struct VerifyTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let outcome = try Tool.run(
      Guest.run("hello", meta: false) + [
        "--proof-at", "=0,=7,=100,=2000", "--proof-fmt", "%d.json.gz", "--stop-at", "=2001",
        "--output", "",
      ], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
  }

  private func verify(_ arguments: String..., input: [UInt8]? = nil) throws -> Outcome {
    try Tool.run(["verify"] + arguments, in: folder.path, input: input)
  }

  /// Changes one digit of a proof file's field.
  private func damage(_ name: String, _ key: String) throws {
    let bytes = try folder.decompressed(name)
    let text = String(decoding: bytes, as: UTF8.self)
    let key = try #require(text.ranges(of: "\"\(key)\": \"0x").first?.upperBound)
    let place = text.utf8.distance(from: text.startIndex, to: key) + 20
    var changed = bytes
    changed[place] = changed[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
    unlink(folder.file(name))
    try folder.write(changed, to: name)
  }

  @Test("A folder of proofs that hold: a line each in the order of steps, exit code 0")
  func holds() throws {
    let outcome = try verify(".")
    #expect(outcome.exitCode == 0)
    #expect(outcome.log == "")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[1].hasSuffix("7.json.gz: ok: step 7, versions 6, 7, 8"))
    #expect(lines[3].contains("2000.json.gz: ok: step 2000"))
    let named = try verify("7.json.gz", "--state-version", "multithreaded64-5")
    #expect(named.text == "7.json.gz: ok: step 7, version 8 (multithreaded64-5)\n")
  }

  @Test(
    "A proof that does not hold is named with the reason, exit code 1",
    arguments: [
      ("post", "post is"), ("pre", "pre is"), ("state-data", "pre is"),
      ("proof-data", "left thread stack"),
    ])
  func fails(_ key: String, _ reason: String) throws {
    try damage("100.json.gz", key)
    let outcome = try verify("--quiet", ".")
    #expect(outcome.exitCode == 1)
    #expect(outcome.log == "error: 1 of 4 proofs do not hold\n")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 1)
    #expect(lines.first?.contains("100.json.gz: fails: versions 6, 7, 8: ") == true)
    #expect(outcome.text.contains(reason))
  }

  @Test("JSON tells the same to programs")
  func json() throws {
    try damage("7.json.gz", "post")
    let outcome = try verify("--json", "0.json.gz", "7.json.gz", "missing.json")
    #expect(outcome.exitCode == 1)
    let reports = try JSONValue(outcome.output).elements
    #expect(reports.count == 3)
    #expect(reports[0]["holds"] == .bool(true))
    #expect(reports[0]["step"] == .number(0))
    #expect(reports[0]["versions"]?.elements.count == 3)
    #expect(reports[1]["holds"] == .bool(false))
    #expect(reports[1]["versions"]?.elements.first?["reason"] == .string("post"))
    #expect(reports[2]["reason"] == .string("unreadable"))
    // Neither true nor false: nothing is known of what the file proves.
    #expect(reports[2]["holds"] == .null)
    #expect(outcome.log == "error: 1 of 2 proofs do not hold; 1 file cannot be read\n")
  }

  @Test("What cannot be read has its own sentence and count")
  func unreadable() throws {
    try folder.write("{", to: "torn.json")
    let outcome = try verify("0.json.gz", "missing.json", "torn.json")
    #expect(outcome.exitCode == 1)
    #expect(outcome.log == "error: 2 files cannot be read\n")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("missing.json: cannot be read: "))
    #expect(lines[2].hasPrefix("torn.json: cannot be read: "))
    #expect(!outcome.text.contains("hold"))
    #expect(try verify("--quiet", "0.json.gz", "missing.json").text.hasPrefix("missing.json: "))
  }

  @Test("Standard input, plain or compressed, one proof or an array")
  func standardInput() throws {
    let packed = try #require(folder.read("7.json.gz"))
    let plain = try folder.decompressed("7.json.gz")
    for bytes in [packed, plain, Array("[".utf8) + plain + Array("]".utf8)] {
      let outcome = try verify("-", "--state-version", "8", input: bytes)
      #expect(outcome.exitCode == 0, "\(outcome.text) \(outcome.log)")
      #expect(outcome.text.contains("ok: step 7, version 8"))
    }
    #expect(try verify("-", input: []).exitCode == 1)
  }

  @Test("The reference machine's list of proofs holds")
  func recorded() throws {
    let path = try Fixtures.path("vectors/v5/threads.proofs.json")
    let outcome = try verify(path)
    #expect(outcome.exitCode == 0)
    #expect(
      outcome.text.split(separator: "\n").count == (try Fixtures.proofs(.v5, "threads").count))
  }

  @Test("Missing files, folders without proofs and unknown versions are errors")
  func usage() throws {
    #expect(try verify("missing.json").exitCode == 1)
    folder.makeFolder("empty")
    #expect(try verify("empty").exitCode == 1)
    #expect(try verify("7.json.gz", "--state-version", "9").exitCode == 64)
    #expect(try verify().exitCode == 64)
    #expect(try verify("7.json.gz", "--state-version", "5").exitCode == 1)
  }
}

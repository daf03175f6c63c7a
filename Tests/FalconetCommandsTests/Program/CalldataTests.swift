import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("The command calldata")
struct CalldataTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let outcome = try Tool.run(
      Guest.run("oracle", meta: false) + [
        "--preimages", Guest.preimages(), "--proof-at", "=5", "--proof-fmt", "%d.json",
        "--stop-at", "=6", "--output", "",
      ], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    // Proofs of reads, as the reference machine wrote them.
    for vector in try Fixtures.proofs(.v8, "oracle") where vector.oracleKey != nil {
      var proof = StepProof(
        post: vector.post, stateData: vector.stateData, proofData: vector.proofData)
      proof.step = vector.step
      proof.pre = vector.pre
      proof.oracleKey = vector.oracleKey
      proof.oracleValue = vector.oracleValue ?? []
      proof.oracleOffset = vector.oracleOffset ?? 0
      try proof.save(path: folder.file("read.json"))
    }
  }

  private func calldata(_ arguments: String...) throws -> Outcome {
    try Tool.run(["calldata"] + arguments, in: folder.path)
  }

  @Test("A step without a pre-image is one call")
  func plain() throws {
    let outcome = try calldata("5.json")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.text.hasPrefix("step step(bytes,bytes,bytes32) 0xe14ced32"))
    #expect(outcome.text.split(separator: "\n").count == 1)
    let withContext = try calldata(
      "5.json", "--local-context", "0x" + String(repeating: "5a", count: 32))
    #expect(withContext.text.contains(String(repeating: "5a", count: 32)))
  }

  @Test("A step that reads loads the part first; JSON names the arguments")
  func read() throws {
    let caller = "0x" + String(repeating: "11", count: 20)
    let outcome = try calldata("read.json", "--caller", caller, "--json")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let value = try JSONValue(outcome.output)
    let calls = value["calls"]?.elements ?? []
    #expect(calls.map { $0["purpose"]?.string } == ["load", "read", "step"])
    #expect(calls[1]["arguments"]?["key"] == value["key"])
    #expect(calls[2]["arguments"]?.keys == ["stateData", "proof", "localContext"])
    #expect(calls[0]["data"]?.string?.hasPrefix("0x") == true)
    // A proof of version 8 can hold in others too: all are named, or the one that was asked for.
    #expect(value["stateVersions"]?.elements == [.number(6), .number(7), .number(8)])
    let one = try JSONValue(
      calldata("read.json", "--caller", caller, "--json", "--state-version", "8").output)
    #expect(one["stateVersions"]?.elements == [.number(8)])
  }

  @Test("A proof that does not hold has no calls")
  func damaged() throws {
    var proof = try #require(
      try ProofReader(FileSource(path: folder.file("5.json"))).next())
    proof.post[3] ^= 1
    try proof.save(path: folder.file("bad.json"))
    let outcome = try calldata("bad.json")
    #expect(outcome.exitCode == 1)
    #expect(outcome.text == "")
    #expect(outcome.log.contains("would not execute") && outcome.log.contains("post is"))
  }

  @Test("Bad usage is exit code 64, missing and odd files are 1")
  func usage() throws {
    #expect(try calldata("5.json", "--caller", "0x12").exitCode == 64)
    #expect(try calldata("5.json", "--local-context", "0x12").exitCode == 64)
    #expect(try calldata("5.json", "--kzg-proof", "0x12").exitCode == 64)
    #expect(try calldata("5.json", "--state-version", "x").exitCode == 64)
    #expect(try calldata().exitCode == 64)
    #expect(try calldata("missing.json").exitCode == 1)
    #expect(try calldata("5.json", "--preimages", "missing").exitCode == 1)
    try folder.write("[]", to: "none.json")
    #expect(try calldata("none.json").exitCode == 1)
  }
}

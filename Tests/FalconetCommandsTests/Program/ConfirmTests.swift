import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

/// `run --confirm` and `trace step --confirm`.
@Suite("Proofs that are confirmed")
struct ConfirmTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "Confirmed proofs are the same files, pre-images are asked for once, and the cost is logged")
  func run() throws {
    let read = try #require(
      try Fixtures.proofs(.v8, "oracle").first { $0.oracleKey != nil && $0.step > 100_000 }?.step)
    let steps = "=0,=\(read),=\(read + 1),=3000000,=4000000,%1500000"
    var files: [[String: [UInt8]]] = []
    for arguments in [[], ["--confirm"], ["--confirm", "--confirm-steps", "1000"]] as [[String]] {
      let name = "run-\(files.count)"
      folder.makeFolder(name)
      let outcome = try Tool.run(
        Guest.run("oracle") + [
          "--preimages", Guest.preimages(), "--proof-at", steps, "--debug-info", "info.json",
        ] + arguments, in: folder.file(name))
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      var found: [String: [UInt8]] = [:]
      for file in TemporaryFolder.names(in: folder.file(name)) {
        found[file] = folder.read("\(name)/\(file)")
      }
      files.append(found)
      let lines = outcome.lines(with: "Confirmed proof", "milliseconds=")
      #expect(lines.count == (arguments.isEmpty ? 0 : found.keys.count { $0.hasPrefix("proof-") }))
      if arguments.count == 3 {
        // Each stretch is as long as it may be, or reaches back to the last proof or the start.
        #expect(
          lines.contains { $0.contains("step=3000000 ") && $0.contains("from=2999000 ") }
            || lines.contains { $0.contains("steps=1001") }, "\(lines)")
      }
    }
    #expect(files[0] == files[1] && files[0] == files[2])
    #expect(files[0].count > 6)
  }

  @Test("Every step of a threaded program can be confirmed")
  func threads() throws {
    let outcome = try Tool.run(
      Guest.run("threads") + [
        "--proof-at", "always", "--proof-fmt", "%d.json", "--stop-at", "=300", "--confirm",
      ], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.lines(with: "Confirmed proof").count == 300)
  }

  @Test("A trace's step data has what its confirmation cost, known or not, at the end and past it")
  func trace() throws {
    let vector = try Fixtures.vector(.v8, "oracle")
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    func ask(_ index: UInt64, _ arguments: [String]) throws -> JSONValue {
      let outcome = try Tool.run(
        ["trace", "step", "--folder", "trace", "--input", input, "--preimages", Guest.preimages()]
          + arguments + ["\(index)"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      return try JSONValue(outcome.output)
    }
    for index in [3_000_000, 5, 0, vector.steps - 1, vector.steps + 100] {
      for round in 0..<2 {
        let answer = try ask(index, ["--confirm", "--confirm-steps", "100000"])
        let confirmation = try #require(answer["confirmation"])
        let last = min(index, vector.steps - 1)
        let from = last > 100_000 ? last - 100_000 : 0
        #expect(confirmation["from"] == .number(from), "\(index) \(round)")
        #expect(confirmation["steps"] == .number(last - from + 1))
        #expect(confirmation["milliseconds"] != nil)
        let plain = try ask(index, [])
        #expect(plain["confirmation"] == nil)
        #expect(plain["post"] == answer["post"] && plain["state-data"] == answer["state-data"])
        #expect(plain["proof-data"] == answer["proof-data"])
      }
    }
  }
}

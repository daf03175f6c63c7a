import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("The command bisect")
struct BisectTests {
  private let folder: TemporaryFolder
  private let input: String
  private let symbols: String

  init() throws {
    folder = try TemporaryFolder()
    input = try Guest.folder("hello") + "/state.bin.gz"
    symbols = try Guest.folder("hello") + "/meta.json"
  }

  private func bisect(_ arguments: String...) throws -> Outcome {
    try Tool.run(["bisect", "--input", input] + arguments, in: folder.path)
  }

  /// The command line of a VM whose state is wrong after a step.
  private func faulty(_ step: UInt64) throws -> String {
    "python3 \(testFolder.dropLast("/FalconetCommandsTests".count))/Servers/faulty_vm.py \(try Tool.path.get()) \(step)"
  }

  @Test("Another VM's wrong step is found and explained, and both proofs are written")
  func program() throws {
    let trace = try Fixtures.vector(.v8, "hello").steps
    var random = SeededGenerator(seed: 5)
    for _ in 0..<(isLongRun ? 20 : 1) {
      // Fewer claims, and so fewer processes, if the fault is early.
      let fault = 1 + random.next() % (isLongRun ? trace - 1 : 2_000)
      let outcome = try bisect("--program-b", faulty(fault), "--meta", symbols, "--json")
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      let report = try JSONValue(outcome.output)
      #expect(report["lastSame"] == .number(fault - 1))
      #expect(report["firstDifferent"] == .number(fault))
      #expect(report["function"]?.string?.isEmpty == false)
      #expect(report["stepA"]?["proofHolds"] == .bool(true))
      #expect(report["stepB"]?["proofHolds"] == .bool(false))
      #expect(report["after"]?.elements.count == 1)
      let names = ["a", "b"].map { "bisect-\($0)-\(fault - 1).json" }
      #expect(folder.names.filter { names.contains($0) } == names)
      let verified = try Tool.run(["verify"] + names, in: folder.path)
      #expect(verified.text.contains("\(names[0]): ok"))
      #expect(verified.text.contains("\(names[1]): fails"))
      for side in ["sideA", "sideB"] {
        guard case .number(let claims)? = report[side]?["claims"],
          case .number(let executed)? = report[side]?["executed"]
        else {
          Issue.record("no numbers")
          return
        }
        #expect(claims <= 2 * 20 + 10)
        #expect(executed <= trace * 3 / 2 + 1)
      }
    }
  }

  @Test("The text names the step, the instruction, the function and the difference")
  func text() throws {
    let outcome = try bisect("--program-b", faulty(1000), "--meta", symbols, "--proofs", "")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    for part in [
      "after 999 steps", "instruction ", ", in ", "A's proof           holds",
      "B's proof           fails: post is", "thread 0 k0 ", "A answered ",
    ] {
      #expect(outcome.text.contains(part), "\(part) in \(outcome.text)")
    }
    #expect(folder.names == [])
  }

  @Test(
    "A step that reads other pre-images is explained by the system call, the key and the offset")
  func preimage() throws {
    let folder = try Demo.copy()
    let outcome = try Tool.run(
      ["bisect", "state.bin.gz", "--preimages", "preimages", "--until", "600000", "--proofs", ""]
        + ["--local-b", "1=0x0000000000000001", "--local-b", "2=0x0000000000000001"],
      in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let key = "0x01" + String(repeating: "0", count: 61) + "1 (local 1), at offset "
    for part in [
      "system call         read (5000)\n", "A's pre-image       \(key)",
      "B's pre-image       \(key)",
    ] {
      #expect(outcome.text.contains(part), "\(part) in \(outcome.text)")
    }
    #expect(outcome.text.contains(#/B's pre-image .*, at offset 0 of 16: 0x0000000000000008\n/#))
  }

  @Test("The two engines here agree to the end")
  func engines() throws {
    let outcome = try bisect("--engine-b", "step")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.text.hasPrefix("the same            to the end\n"))
  }

  @Test("Bad usage is exit code 64; programs and files that fail are 1")
  func errors() throws {
    try folder.write("1 2\n", to: "claims.txt")
    #expect(try Tool.run(["bisect"]).exitCode == 64)
    #expect(try bisect("--claims-b", "x", "--program-b", "y").exitCode == 64)
    #expect(try bisect("--program-b", " ").exitCode == 64)
    #expect(try bisect("--preimages", "x", "--", "server").exitCode == 64)
    #expect(try bisect("--claims-b", "claims.txt").exitCode == 1)
    #expect(try bisect("--claims-b", "missing").exitCode == 1)
    #expect(try bisect("--work", "missing").exitCode == 1)
    let missing = try bisect("--program-b", "./no-such-vm")
    #expect(missing.exitCode == 1)
    #expect(missing.log.contains("no-such-vm"))
    let failing = try bisect("--program-b", "false")
    #expect(failing.exitCode == 1)
    #expect(failing.log.contains("witness"))
  }
}

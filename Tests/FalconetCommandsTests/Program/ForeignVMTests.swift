import FalconetStreams
import FalconetTestSupport
import Testing

/// Commands that drive VMs in libraries, and programs with Cannon's command line.
@Suite(
  "Commands with other VMs",
  .enabled(
    if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"))
struct ForeignVMTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for vm in [ExampleVM.stack, .tape] {
      for (key, value) in try vm.preimages() {
        try write(
          "preimages-\(Hex.encode(key, prefix: true)).txt", Array(Hex.encode(value).utf8))
      }
    }
    _ = try ExampleVM.shell(
      """
      cd '\(folder.path)' && mkdir preimages
      for file in preimages-*; do mv "$file" "preimages/${file#preimages-}"; done
      """)
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    try AtomicFile.write(path: folder.path + "/" + name) { (sink) throws(StreamError) in
      try sink.write(bytes)
    }
  }

  private func run(_ arguments: String...) throws -> Outcome {
    try Tool.run(arguments, in: folder.path)
  }

  private func program(_ vm: ExampleVM) -> String { "\(ExampleVM.repository)/\(vm.program)" }

  /// The stack machine, with a sum that is wrong from the sixth word on.
  private func faulty() throws -> String {
    let text = try ExampleVM.stack.text()
    let right = "case ADD: result[0] = a + b;"
    try #require(text.contains(right))
    return try ExampleVM.stack.build(
      text.replacing(right, with: "case ADD: result[0] = a + b + (a == 40);"))
  }

  @Test("bisect finds the step at which two libraries differ; verify tells which proof holds")
  func bisect() throws {
    let (library, faulty) = (try ExampleVM.stack.path(), try faulty())
    let outcome = try run(
      "bisect", program(.stack), "--vm-library-a", library, "--vm-library-b", faulty,
      "--preimages", "preimages")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    for part in [
      "differ              in the step after that, step 130", "A executes          pc 30: add 0",
      "A's proof           ./bisect-a-130.json, witness 104 bytes, accesses 1600 bytes, holds",
    ] {
      #expect(outcome.text.contains(part), "\(part) in \(outcome.text)")
    }

    let verified = try run(
      "verify", "--vm-library", library, "bisect-a-130.json", "bisect-b-130.json")
    #expect(verified.exitCode == 1)
    #expect(verified.text.contains("bisect-a-130.json: ok: step 130, stack stack"))
    #expect(verified.text.contains("bisect-b-130.json: fails: "))
    #expect(verified.log.contains("1 of 2 proofs do not hold"))
    let other = try run("verify", "--vm-library", ExampleVM.tape.path(), "bisect-a-130.json")
    #expect(other.exitCode == 1)
    #expect(other.text.contains("fails: it is a proof of stack, and the library is tape"))
  }

  @Test("bisect's JSON has what the VMs say, and nothing of MIPS")
  func json() throws {
    let outcome = try run(
      "bisect", program(.stack), "--vm-library-a", ExampleVM.stack.path(), "--vm-library-b",
      faulty(), "--preimages", "preimages", "--proofs", "", "--json")
    let report = try JSONValue(outcome.output)
    #expect(report["step"] == .number(130))
    for side in ["stepA", "stepB"] {
      #expect(report[side]?["executes"]?.string == "pc 30: add 0")
      #expect(report[side]?["proofHolds"] == .bool(true), "each VM holds its own proof for right")
      #expect(report[side]?["fields"]?.elements.count == 2)
      #expect(report[side]?["registers"] == nil)
    }
    #expect(report["pc"] == nil)
  }

  @Test("A VM with keys and claims of other sizes is the same as itself")
  func tape() throws {
    let library = try ExampleVM.tape.path()
    let outcome = try run(
      "bisect", program(.tape), "--vm-library-a", library, "--vm-library-b", library,
      "--preimages", "preimages")
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.text.hasPrefix("the same            to the end"))
    let without = try run(
      "bisect", program(.tape), "--vm-library-a", library, "--vm-library-b", library)
    #expect(without.exitCode == 1)
    #expect(without.log.contains("give one with the file 0x696e707574.txt"))
  }

  @Test("What is no library, or no VM's, is refused with the reason")
  func noLibrary() throws {
    try write("text.so", Array("no library".utf8))
    for command in [
      ["bisect", program(.stack), "--vm-library-a", "text.so"],
      ["verify", "--vm-library", "text.so", "text.so"],
    ] {
      let outcome = try Tool.run(command, in: folder.path)
      #expect(outcome.exitCode == 1)
      #expect(outcome.log.contains("cannot load the library: "), "\(outcome.log)")
    }
    let both = try run(
      "bisect", program(.stack), "--vm-library-a", "a.so", "--vm-program-a", "falconet")
    #expect(both.exitCode == 64)
    #expect(both.log.contains("--vm-library-a and --program-a exclude one another"))
    let kind = try run("verify", "--vm-kind", "stack", "proof.json")
    #expect(kind.exitCode == 64)
    #expect(kind.log.contains("--vm-kind needs --vm-library"))
  }

  @Test("trace answers by a library: claims, proofs that verify takes, and the end")
  func trace() throws {
    let library = try ExampleVM.stack.path()
    let options = [
      "--folder", "trace", "--input", program(.stack), "--vm-library", library, "--preimages",
      "preimages",
    ]
    func ask(_ command: String, _ rest: String...) throws -> JSONValue {
      let outcome = try Tool.run(["trace", command] + options + rest, in: folder.path)
      try #require(outcome.exitCode == 0, "\(outcome.log)")
      return try JSONValue(outcome.output)
    }
    let prestate = try ask("prestate")
    let claims = try ask("claim", "129", "99999")
    #expect(claims.elements.map { $0["pastEnd"] } == [.bool(false), .bool(true)])
    let step = try ask("step", "130")
    #expect(step["pre"] == claims.elements[0]["claim"])
    #expect(step["fields"]?.elements.map { $0["name"]?.string } == ["witness", "accesses"])
    let last = try ask("last")
    #expect(last["index"] == .number(185) && last["exitCode"] == .number(197))
    #expect(last["claim"] == claims.elements[1]["claim"])
    #expect(try ask("step", "0")["pre"] == prestate["claim"])
    let status = try ask("status")
    #expect(status["lastStep"] == .number(185) && status["putAside"] == .array([]))

    let proof = try Tool.run(["trace", "step"] + options + ["130", "0"], in: folder.path)
    try write("proofs.json", proof.output)
    let verified = try run("verify", "--vm-library", library, "proofs.json")
    #expect(verified.exitCode == 0)
    #expect(verified.text.contains("proofs.json[0]: ok: step 130, stack stack"))

    for (flags, part) in [
      (["--engine", "step"], "--engine is Falconet's own"),
      (["--vm-program", "cannon"], "--vm-library and --vm-program exclude one another"),
      (["--preimage-store", "store"], "a store has no pre-images of other VMs"),
    ] {
      let refused = try Tool.run(["trace", "claim"] + options + flags + ["5"], in: folder.path)
      #expect(refused.exitCode == 64 && refused.log.contains(part), "\(refused.log)")
    }
    let export = try Tool.run(["trace", "export"] + options + ["game"], in: folder.path)
    #expect(export.exitCode == 64)
    #expect(
      try run(
        "trace", "prune", "--folder", "trace", "--input", program(.stack),
        "--vm-library", library
      ).exitCode == 0)
    #expect(try run("trace", "delete", "--folder", "trace").exitCode == 0)
    #expect(!folder.names.contains("trace"))
  }

  @Test("A program that stops another VM is exit code 2, as it is here")
  func panic() throws {
    try write("panics.stk", Array("push 1 push 0 div halt".utf8))
    let outcome = try run(
      "trace", "last", "--folder", "trace", "--input", "panics.stk", "--vm-library",
      ExampleVM.stack.path())
    #expect(outcome.exitCode == 2)
    #expect(outcome.log.contains("the program stopped the VM: step 2, pc 2: division by zero"))
    let claim = try run(
      "trace", "claim", "--folder", "trace", "--input", "panics.stk", "--vm-library",
      ExampleVM.stack.path(), "1")
    #expect(claim.exitCode == 0, "the steps before it are there: \(claim.log)")
  }

  @Test("trace drives a program with Cannon's flags, and answers as Falconet's own trace does")
  func traceOfProgram() throws {
    let state = try Guest.folder("hello") + "/state.bin.gz"
    func ask(_ command: String, _ rest: String...) throws -> JSONValue {
      let outcome = try Tool.run(
        ["trace", command, "--input", state] + rest, in: folder.path)
      try #require(outcome.exitCode == 0, "\(outcome.log)")
      return try JSONValue(outcome.output)
    }
    let tool = try Tool.path.get()
    let own = try ask("claim", "--folder", "own", "1500", "200", "700")
    let other = try ask(
      "claim", "--folder", "other", "--vm-program", tool, "--snapshot-interval", "600", "1500",
      "200", "700")
    #expect(own == other)
    let step = try ask("step", "--folder", "other", "--vm-program", tool, "1500")
    #expect(step["post"] == own.elements[0]["claim"])
    let mine = try ask("step", "--folder", "own", "1500")
    let fields = step["fields"]?.elements.map { $0["bytes"] }
    #expect(fields == [mine["state-data"], mine["proof-data"]])
    let status = try ask("status", "--folder", "other", "--vm-program", tool)
    #expect(status["snapshots"]?.elements.isEmpty == false)
    let mixed = try Tool.run(
      ["trace", "claim", "--folder", "own", "--input", state, "--vm-program", tool, "5"],
      in: folder.path)
    #expect(mixed.exitCode == 1 && mixed.log.contains("of the VM program"))
  }

  @Test("Time that runs out ends the run of another VM", arguments: ["trace", "bisect"])
  func timeout(_ command: String) throws {
    try write("endless.stk", Array("loop: push 1 drop jump loop".utf8))
    let library = try ExampleVM.stack.path()
    let arguments =
      command == "trace"
      ? ["trace", "last", "--folder", "trace", "--input", "endless.stk", "--vm-library", library]
      : ["bisect", "endless.stk", "--vm-library-a", library, "--vm-library-b", library]
    let outcome = try Tool.run(arguments + ["--timeout", "1s"], in: folder.path)
    #expect(outcome.exitCode == 3, "\(outcome.log)")
  }

  @Test("bisect takes a program under both names of its flag")
  func programNames() throws {
    let state = try Guest.folder("hello") + "/state.bin.gz"
    for flag in ["--vm-program-b", "--program-b"] {
      let outcome = try run("bisect", state, flag, Tool.path.get(), "--until", "200")
      #expect(outcome.text.hasPrefix("the same            up to step 200"), "\(outcome.log)")
    }
  }
}

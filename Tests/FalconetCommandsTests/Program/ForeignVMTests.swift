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
}

import FalconetTestSupport
import Testing

/// A VM that a C compiler makes of an example, as it is and with faults.
enum StackVM {
  static var canBeBuilt: Bool { shell("command -v cc > /dev/null") == 0 }

  /// Puts `lib….so` and a program into a directory.
  ///
  /// - Parameters:
  ///   - old: a part of the source.
  ///   - new: what replaces it.
  static func build(
    _ name: String = "stack", in folder: TemporaryFolder, replacing old: String = "",
    with new: String = ""
  ) throws {
    let examples = "\(testFolder)/../../Examples/fpvm-c"
    let source = try #require(TemporaryFolder.contents(examples + "/stack.c"))
    var text = String(decoding: source, as: UTF8.self)
    if !old.isEmpty {
      let parts = text.split(separator: old, omittingEmptySubsequences: false)
      try #require(parts.count == 2, "the source has \(parts.count - 1) times \(old)")
      text = parts.joined(separator: new)
    }
    try folder.write(text, to: "\(name).c")
    let status = shell(
      """
      cd '\(folder.path)' && cp '\(examples)'/sum.stk . &&
      cc -std=c99 -O2 -shared -fPIC -fvisibility=hidden -I '\(testFolder)/../../fpvm' \(name).c \
        -o lib\(name).so
      """)
    try #require(status == 0)
  }
}

@Suite("conform", .enabled(if: StackVM.canBeBuilt, "no C compiler: cc"))
struct ConformCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func conform(_ name: String, _ arguments: [String] = []) throws -> Outcome {
    try Tool.run(
      ["conform", "--vm-library", "lib\(name).so", "sum.stk", "--samples", "8"] + arguments,
      in: folder.path)
  }

  @Test("A VM that conforms ends with 0, and each area is listed")
  func good() throws {
    try StackVM.build(in: folder)
    let outcome = try conform("stack", ["--junit", "report.xml", "--keep", "."])
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.text.hasPrefix("stack 1.0\n"))
    #expect(outcome.text.hasSuffix("\nconforms\n"))
    for area in ["table", "arguments", "proofs", "states", "threads"] {
      #expect(outcome.text.contains("\n\(area) "), "\(area)")
    }
    let report = String(decoding: try #require(folder.read("report.xml")), as: UTF8.self)
    #expect(report.contains("<testsuite name=\"proofs\""))
    #expect(!report.contains("<failure"))
    #expect(!TemporaryFolder.names(in: folder.path).contains { $0.hasSuffix(".bin") })
  }

  @Test("A VM that does not ends with 1, says where it fails, and leaves what shows it")
  func bad() throws {
    try StackVM.build(
      "bad", in: folder,
      replacing: "good = !memcmp(claim, bytes, HASH) && !memcmp(witness, bytes + HASH, WITNESS);",
      with: "good = true;")
    let outcome = try conform("bad", ["--junit", "report.xml", "--keep", ".", "--fail-fast"])
    #expect(outcome.exitCode == 1, "\(outcome.log)")
    #expect(outcome.text.contains("\nstates        1 of "))
    #expect(!outcome.text.contains("\nthreads "))
    #expect(outcome.text.contains("\n  input   ./states-0.bin\n"))
    #expect(outcome.text.hasSuffix("\ndoes not conform\n"))
    #expect(folder.read("states-0.bin")?.isEmpty == false)
    let report = String(decoding: try #require(folder.read("report.xml")), as: UTF8.self)
    #expect(report.split(separator: "<failure").count == 2)
  }

  @Test("A VM that crashes or hangs fails in that area, and the others are checked")
  func deadly() throws {
    for (name, code, words) in [
      ("crash", "*(volatile int *)0 = 1;", "was killed by signal 11"),
      ("quit", "exit(0);", "exited with code 0"),
      ("hang", "for (;;) {}", "did not end within 1 s of processor time"),
      ("sleep", "extern unsigned sleep(unsigned); for (;;) sleep(1);", "did nothing for 1 s"),
    ] {
      try StackVM.build(
        name, in: folder, replacing: "memset(&(*copy)->callbacks, 0, sizeof m->callbacks);",
        with: code)
      let outcome = try conform(
        name,
        ["--area", "table", "--area", "clones", "--area", "end"]
          + (["hang", "sleep"].contains(name) ? ["--check-time", "1s"] : []))
      #expect(outcome.exitCode == 1, "\(outcome.log)")
      #expect(outcome.text.contains("\nclones        1 of 1 checks fail\n"), "\(outcome.text)")
      #expect(outcome.text.contains("clones: a clone goes on like the machine, and apart from it"))
      #expect(outcome.text.contains("the process with the VM " + words), "\(outcome.text)")
      #expect(outcome.text.contains("\nend           3 checks hold\n"), "\(outcome.text)")
    }
  }

  @Test("A crash ends checks that end at the first failure, in its area")
  func deadlyFailFast() throws {
    try StackVM.build(
      "crash", in: folder, replacing: "memset(&(*copy)->callbacks, 0, sizeof m->callbacks);",
      with: "*(volatile int *)0 = 1;")
    let outcome = try conform("crash", ["--fail-fast"])
    #expect(outcome.exitCode == 1, "\(outcome.log)")
    #expect(outcome.text.contains("\nresume        4 checks hold\n"), "\(outcome.text)")
    #expect(outcome.text.contains("\nclones        1 of 1 checks fail\n"), "\(outcome.text)")
    #expect(!outcome.text.contains("\nend "), "\(outcome.text)")
  }

  @Test("A hang ends checks that end at the first failure, in its area, and leaves what shows it")
  func hangFailFast() throws {
    try StackVM.build(
      "hang", in: folder,
      replacing: "good = !memcmp(claim, bytes, HASH) && !memcmp(witness, bytes + HASH, WITNESS);",
      with: "good = !memcmp(claim, bytes, HASH); while (!good) {}")
    let outcome = try conform("hang", ["--fail-fast", "--keep", "."])
    #expect(outcome.exitCode == 1, "\(outcome.log)")
    #expect(outcome.text.contains("\nstates        1 of "), "\(outcome.text)")
    #expect(outcome.text.contains(" s of processor time; --check-time allows more\n"))
    #expect(outcome.text.contains("\n  input   ./states-0.bin\n"), "\(outcome.text)")
    #expect(!outcome.text.contains("\nend "), "\(outcome.text)")
  }

  @Test("If nothing is tested, nothing conforms")
  func nothing() throws {
    try StackVM.build(in: folder)
    for (arguments, words) in [
      (["--area", "instructions"], "skipped: the VM has none of Cannon's kinds of states"),
      (["--area", "proofs", "--steps", "0"], "skipped: there was nothing to test\n"),
    ] {
      let outcome = try conform("stack", arguments)
      #expect(outcome.exitCode == 1, "\(outcome.log)")
      #expect(outcome.text.contains(words), "\(outcome.text)")
      #expect(outcome.text.hasSuffix("\nnothing was tested\n"), "\(outcome.text)")
    }
  }

  @Test("A VM that does another thing in each process fails")
  func processes() throws {
    try StackVM.build(
      "process", in: folder, replacing: "case ADD: result[0] = a + b; break;",
      with: "case ADD: { extern int getpid(void); result[0] = a + b + getpid(); break; }")
    let outcome = try conform(
      "process",
      ["--area", "determinism", "--area", "end", "--steps", "100", "--junit", "report.xml"])
    #expect(outcome.exitCode == 1, "\(outcome.log)")
    #expect(outcome.text.contains("determinism: a program ends the same in each process\n"))
    #expect(outcome.text.contains("in one process it ends at step 100 with the claim 0x"))
    let report = String(decoding: try #require(folder.read("report.xml")), as: UTF8.self)
    #expect(report.contains("<testsuite name=\"end\" tests=\"0\" failures=\"0\" skipped=\"0\"/>"))
  }

  @Test("A VM that conforms does so too when the first failure would end the checks")
  func goodFailFast() throws {
    try StackVM.build(in: folder)
    let (all, fast) = try (conform("stack"), conform("stack", ["--fail-fast"]))
    #expect(fast.exitCode == 0, "\(fast.log)")
    #expect(fast.text == all.text)
  }

  @Test("Pre-images come from directories in all layouts of hosts")
  func preimageLayouts() throws {
    try StackVM.build(in: folder)
    let examples = "\(testFolder)/../../Examples/fpvm-c"
    for name in ["total.stk", "total.preimage"] {
      try folder.write(try #require(TemporaryFolder.contents("\(examples)/\(name)")), to: name)
    }
    let value = try #require(folder.read("total.preimage"))
      .map { String($0, radix: 16) }.map { $0.count == 1 ? "0" + $0 : $0 }.joined()
    let key = "483e5593598865e4a52dd34d55caf9b1b31290058c5200392fb29c606395eede"
    for name in ["flat", "deep", "deep/\(key.prefix(4))", "empty", "database"] {
      folder.makeFolder(name)
    }
    try folder.write(value, to: "flat/0x\(key).txt")
    try folder.write(value, to: "deep/\(key.prefix(4))/\(key.dropFirst(4)).txt")
    try folder.write("file", to: "empty/kvformat")
    try folder.write("pebble", to: "database/kvformat")
    func check(_ directory: String) throws -> Outcome {
      try Tool.run(
        [
          "conform", "--vm-library", "libstack.so", "total.stk", "--area", "determinism",
          "--preimages", directory,
        ], in: folder.path)
    }
    for directory in ["flat", "deep"] {
      let outcome = try check(directory)
      #expect(outcome.exitCode == 0, "\(directory): \(outcome.text)\(outcome.log)")
    }
    #expect(try check("empty").text.contains("a pre-image that the kit does not have"))
    #expect(try check("database").log.contains("database of a host"))
  }

  @Test("What cannot be checked is an error")
  func errors() throws {
    try StackVM.build(in: folder)
    for (arguments, words) in [
      (["--vm-library", "missing.so", "sum.stk"], "cannot load the library"),
      (["--vm-library", "sum.stk", "sum.stk"], "cannot load the library"),
      (["--vm-library", "libstack.so", "missing.stk"], "missing.stk"),
      (["--vm-library", "libstack.so"], "needs a program"),
      (["--vm-library", "libstack.so", "sum.stk", "--preimage", "zz=00"], "is not KEY=HEX"),
      (["--vm-library", "libstack.so", "sum.stk", "--preimage", "00=zz"], "@FILE names a file"),
      (["--vm-library", "libstack.so", "sum.stk", "--area", "moon"], "moon"),
      (["--vm-library", "libstack.so", "sum.stk", "--check-time", "0"], "--check-time is 0"),
    ] {
      let outcome = try Tool.run(["conform"] + arguments, in: folder.path)
      #expect(outcome.exitCode != 0 && outcome.exitCode != nil)
      #expect(outcome.log.contains(words), "\(outcome.log)")
    }
  }
}

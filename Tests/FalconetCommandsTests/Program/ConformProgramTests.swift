import FalconetTestSupport
import Testing

/// A program that calls `falconet` and falsifies what comes of it.
enum FalsePrograms {
  /// Where it lies, the area in which it fails, and what it does, in Python: `argv` is the command line, and
  /// `call(argv)` runs it and returns the exit code.
  static let all: [(name: String, area: String, code: String)] = [
    (
      "claim", "command-line",
      """
      code, text = captured(argv)
      if argv[0] == "witness": text = text.replace('"witnessHash": "0x0', '"witnessHash": "0x1')
      sys.stdout.write(text)
      sys.exit(code)
      """
    ),
    (
      "witness", "command-line",
      """
      code = call(argv)
      if argv[0] == "witness" and "--output" in argv:
          path = argv[argv.index("--output") + 1]
          with open(path, "r+b") as file: file.write(b"\\x55")
      sys.exit(code)
      """
    ),
    (
      "flags", "command-line",
      """
      sys.exit(call([word for word in argv if word != "--no-such-flag"]))
      """
    ),
    (
      "panic", "exit-codes",
      """
      code = call(argv)
      sys.exit(1 if code == 2 else code)
      """
    ),
    (
      "guest", "exit-codes",
      """
      code = call(argv)
      if code == 0 and argv[0] == "run" and "--output" in argv:
          summary = json.loads(captured(["witness", "--input", argv[argv.index("--output") + 1]])[1] or "{}")
          if summary.get("exited"): code = summary["exitCode"]
      sys.exit(code)
      """
    ),
    (
      "compression", "state-files",
      """
      code = call(argv)
      if argv[0] == "run":
          path = argv[argv.index("--output") + 1]
          if path.endswith(".gz") and os.path.exists(path):
              with gzip.open(path) as file: state = file.read()
              with open(path, "wb") as file: file.write(state)
      sys.exit(code)
      """
    ),
    (
      "step", "instructions",
      """
      # One step too many, of a run that is to stop in the vectors' first hundred steps.
      for place, word in enumerate(argv):
          if word.startswith("=") and argv[place - 1] == "--stop-at" and 0 < int(word[1:]) < 30:
              argv[place] = "=" + str(int(word[1:]) + 1)
      sys.exit(call(argv))
      """
    ),
    (
      "stop", "stops",
      """
      if "--stop-at-preimage" in argv:
          place = argv.index("--stop-at-preimage") + 1
          argv[place] = argv[place].split("@")[0]
      sys.exit(call(argv))
      """
    ),
    (
      "snapshot", "snapshots",
      """
      if "--snapshot-at" in argv:
          place = argv.index("--snapshot-at") + 1
          if argv[place] == "%10": argv[place] = "%20"
      sys.exit(call(argv))
      """
    ),
    (
      "offset", "proof-files",
      """
      code = call(argv)
      if "--proof-fmt" in argv:
          pattern = argv[argv.index("--proof-fmt") + 1]
          for path in glob.glob(pattern.replace("%d", "*")):
              open_any = gzip.open if path.endswith(".gz") else open
              with open_any(path, "rt") as file: proof = json.load(file)
              if "oracle-key" in proof: proof["oracle-offset"] = proof.get("oracle-offset", 0) + 1
              with open_any(path, "wt") as file: json.dump(proof, file)
      sys.exit(code)
      """
    ),
    (
      "hints", "server",
      """
      if "--record-hints" in argv:
          place = argv.index("--record-hints") + 1
          argv[place] += ".lost"
          code = call(argv)
          open(argv[place][:-5], "w").close()
          sys.exit(code)
      sys.exit(call(argv))
      """
    ),
  ]

  static let header = """
    #!/usr/bin/env python3
    import glob, gzip, json, os, subprocess, sys
    TOOL = "@"
    argv = sys.argv[1:]
    def call(words):
        return subprocess.run([TOOL] + words).returncode
    def captured(words):
        done = subprocess.run([TOOL] + words, stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    """

  static var canRun: Bool { shell("command -v python3 > /dev/null") == 0 }
}

@Suite("conform with a program") struct ConformProgramTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "Our own program does what Cannon's does, in each area",
    arguments: ["8-2026-06", "5"] + (isLongRun ? [""] : []))
  func own(_ kind: String) throws {
    let outcome = try Tool.run(
      ["conform", "--vm-program", try Tool.path.get(), "--junit", "report.xml"]
        + (kind.isEmpty ? [] : ["--vm-kind", kind]), in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.text)\(outcome.log)")
    #expect(outcome.text.hasSuffix("\nconforms\n"))
    for area in [
      "command-line", "exit-codes", "instructions", "preimages", "recorded", "state-files", "stops",
      "snapshots", "proof-files", "server",
    ] {
      #expect(outcome.text.contains("\n\(area) "), "\(area)")
    }
  }

  @Test(
    "A program that falsifies something fails in its area",
    .enabled(if: FalsePrograms.canRun, "no Python: python3"), arguments: FalsePrograms.all)
  func planted(_ fault: (name: String, area: String, code: String)) throws {
    let text = FalsePrograms.header.replacing("@", with: try Tool.path.get()) + fault.code + "\n"
    try folder.write(text, to: "vm")
    try #require(shell("chmod +x '\(folder.path)/vm'") == 0)
    // One kind, since each call starts Python.
    let outcome = try Tool.run(
      [
        "conform", "--vm-program", "\(folder.path)/vm", "--vm-kind", "8-2026-06", "--fail-fast",
        "--area", fault.area, "--json",
      ], in: folder.path)
    #expect(outcome.exitCode == 1, "\(fault.name): \(outcome.text)\(outcome.log)")
    #expect(outcome.text.contains("\"area\": \"\(fault.area)\""), "\(outcome.text)")
  }

  @Test("A program is at a path with a space, and has arguments with some")
  func spaces() throws {
    folder.makeFolder("my vm")
    let text = """
      #!/bin/sh
      [ "$1" = "two words" ] || exit 9
      shift
      exec '\(try Tool.path.get())' "$@"

      """
    try folder.write(text, to: "my vm/vm")
    try #require(shell("chmod +x '\(folder.path)/my vm/vm'") == 0)
    for command in [
      "'\(folder.path)/my vm/vm' 'two words'", "./my\\ vm/vm two\\ words",
      "\"./my vm/vm\"  \"two words\"",
    ] {
      let outcome = try Tool.run(
        [
          "conform", "--vm-program", command, "--vm-kind", "8-2026-06", "--area", "exit-codes",
          "--fail-fast",
        ], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.text)\(outcome.log)")
    }
    let state = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(
      [
        "bisect", state, "--vm-program-b", "'./my vm/vm' 'two words'",
        "--flags-b=--info-at 'never'",
        "--until", "200",
      ], in: folder.path)
    #expect(outcome.text.hasPrefix("the same            up to step 200"), "\(outcome.log)")
  }

  @Test("A program that does not end fails in that area, and the others are checked")
  func endless() throws {
    let text = """
      #!/bin/sh
      case "$*" in *--stop-at-preimage*) sleep 1000 ;; esac
      exec '\(try Tool.path.get())' "$@"

      """
    try folder.write(text, to: "vm")
    try #require(shell("chmod +x '\(folder.path)/vm'") == 0)
    let outcome = try Tool.run(
      [
        "conform", "--vm-program", "\(folder.path)/vm", "--vm-kind", "8-2026-06", "--area", "stops",
        "--area", "snapshots", "--check-time", "2s", "--keep", ".",
      ], in: folder.path)
    #expect(outcome.exitCode == 1, "\(outcome.log)")
    #expect(outcome.text.contains("the program did not end within 2 s"), "\(outcome.text)")
    #expect(outcome.text.contains("\n  input   ./stops-0.bin\n"), "\(outcome.text)")
    #expect(outcome.text.contains("\nsnapshots     2 checks hold\n"), "\(outcome.text)")
  }

  @Test("A program that writes without end, or a pipe for a file, fails")
  func hostile() throws {
    let tool = try Tool.path.get()
    for (name, code, words) in [
      ("output", "exec cat /dev/zero", "writes more than 128 MiB to standard output"),
      ("log", "exec cat /dev/zero >&2", "writes more than 128 MiB to standard error"),
      (
        "pipe", "'\(tool)' \"$@\"; for last; do :; done; rm -f \"$last\"; mkfifo \"$last\"; exit 0",
        "it should have written to a file is no file"
      ),
    ] {
      let text = """
        #!/bin/sh
        case "$*" in *--output*.witness) \(code) ;; esac
        exec '\(tool)' "$@"

        """
      try folder.write(text, to: name)
      try #require(shell("chmod +x '\(folder.path)/\(name)'") == 0)
      let outcome = try Tool.run(
        [
          "conform", "--vm-program", "\(folder.path)/\(name)", "--vm-kind", "8-2026-06", "--area",
          "command-line", "--fail-fast",
        ], in: folder.path)
      #expect(outcome.exitCode == 1, "\(outcome.log)")
      #expect(outcome.text.contains(words), "\(outcome.text)")
    }
  }

  @Test("What cannot be checked is an error")
  func errors() throws {
    for (arguments, words) in [
      ([], "give --vm-library or --vm-program"),
      (["--vm-library", "a.so", "--vm-program", "b"], "given twice"),
      (["--vm-program", "b", "x.elf"], "need --vm-library"),
      (["--vm-program", "b", "--area", "clones"], "needs --vm-library"),
      (["--vm-library", "a.so", "--area", "stops"], "needs --vm-program"),
      (["--vm-library", "a.so", "--vm-kind", "8"], "--vm-kind needs --vm-program"),
      (["--vm-program", " "], "names no program"),
      (["--vm-program", "'my vm"], "--vm-program: the quote ' is not closed: 'my vm"),
    ] {
      let outcome = try Tool.run(["conform"] + arguments, in: folder.path)
      #expect(outcome.exitCode != 0 && outcome.exitCode != nil)
      #expect(outcome.log.contains(words), "\(outcome.log)")
    }
    for command in [["run", "--shadow"], ["trace", "last", "--folder", "t", "--vm-program"]] {
      let outcome = try Tool.run(command + ["'my vm", "--input", "a.bin"], in: folder.path)
      #expect(outcome.exitCode != 0 && outcome.exitCode != nil)
      #expect(outcome.log.contains("the quote ' is not closed: 'my vm"), "\(outcome.log)")
    }
    let missing = try Tool.run(["conform", "--vm-program", "./no-such-program"], in: folder.path)
    #expect(missing.exitCode == 1)
    #expect(missing.text.contains("command-line"), "\(missing.text)")
  }
}

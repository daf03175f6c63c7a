import FalconetTestSupport
import Testing

/// What commands show on a terminal only.
@Suite("On a terminal") struct TerminalTests {
  /// Becomes the command that follows on a terminal of its own, whose output is copied to standard output.
  private static func wrapper(_ variables: [String]) -> [String] {
    [
      "env", "TERM=xterm", "COLUMNS=80",
    ] + variables + [
      "python3", "-c",
      """
      import os, pty, sys
      status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1 << 16))
      sys.exit(os.waitstatus_to_exitcode(status))
      """,
    ]
  }

  private func run(_ arguments: [String], _ variables: [String] = [], in folder: String = "/")
    throws
    -> Outcome
  {
    try Tool.run(arguments, in: folder, wrapper: Self.wrapper(variables))
  }

  private static let bad = "\u{1B}[1;31m"
  private static let good = "\u{1B}[32m"

  @Test("Verdicts and errors have colors, and digits come in groups")
  func colors() throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try run(["check", input, "/none"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.text.contains(": \(Self.good)ok\u{1B}[0m: bin, version 8, step 0, "))
    #expect(outcome.text.contains("/none: \(Self.bad)cannot be read\u{1B}[0m: "))
    #expect(outcome.text.contains("\(Self.bad)error:\u{1B}[0m 1 file cannot be read"))
    let proof = try Demo.copy()
    let verified = try run(["verify", "proof-591664.json.gz"], in: proof.path)
    #expect(verified.text.contains("\(Self.good)ok\u{1B}[0m: step 591,664, "))
    let help = try run(["--help"])
    #expect(help.text.contains("\u{1B}[1mUSAGE:\u{1B}[0m falconet"))
    #expect(help.text.contains("\u{1B}[1mEXAMPLES:\u{1B}[0m"))
  }

  @Test("There is no color if NO_COLOR is set, or for a terminal that has none")
  func noColors() throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    for variable in ["NO_COLOR=1", "TERM=dumb"] {
      let outcome = try run(["check", input, "/none"], [variable])
      #expect(outcome.exitCode == 1)
      #expect(outcome.text.contains("/none: cannot be read: "))
      #expect(outcome.text.contains("error: 1 file cannot be read"))
      #expect(!outcome.text.contains("\u{1B}["))
    }
    let empty = try run(["check", "/none"], ["NO_COLOR="])
    #expect(empty.text.contains(Self.bad))
  }

  @Test("Nothing of it is in JSON, or in what a script reads")
  func plain() throws {
    let folder = try Demo.copy()
    let arguments = ["verify", "--json", "proof-591664.json.gz"]
    let shown = try run(arguments, in: folder.path)
    let written = try Tool.run(arguments, in: folder.path)
    #expect(shown.text.replacing("\r\n", with: "\n") == written.text)
    let script = try Tool.run(["verify", "proof-591664.json.gz"], in: folder.path)
    #expect(script.text.contains(": ok: step 591664, "))
  }

  /// Progress is shown of what takes half a second: this host takes a second to start.
  private static func lateHost() throws -> [String] {
    ["sh", "-c", "sleep 1; exec \"$0\" serve-preimages preimages", try Tool.path.get()]
  }

  @Test("A command that takes long says how far it has come; its result is what it is elsewhere")
  func progress() throws {
    let folder = try Demo.copy()
    let arguments =
      ["trace", "last", "--folder", "t", "--engine", "step", "--input", "state.bin.gz", "--"]
      + (try Self.lateHost())
    let outcome = try run(arguments, in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.contains("\r\u{1B}[Kexecuting, step "))
    let line = try #require(outcome.text.firstMatch(of: #/executing, step ([0-9,]+)/#))
    #expect(line.1.contains(","))
    let again = try Tool.run(arguments, in: folder.path)
    #expect(outcome.text.replacing("\r\n", with: "\n").hasSuffix(again.text))
    #expect(!again.log.contains("executing"))
  }

  @Test("A comparison of runs says which steps were compared")
  func comparison() throws {
    let folder = try Demo.copy()
    let arguments =
      ["bisect", "state.bin.gz", "--engine-b", "step", "--until", "4000000", "--proofs", "", "--"]
      + (try Self.lateHost())
    let outcome = try run(arguments, in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.contains(#/\r\u{1B}\[Kcompared [0-9]+ claims: the same at step [0-9,]+/#))
    #expect(outcome.text.contains("the same            up to step 4,000,000"))
  }
}

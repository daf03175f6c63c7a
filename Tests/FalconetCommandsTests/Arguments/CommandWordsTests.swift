import FalconetCommands
import FalconetTestSupport
import Testing

@Suite("Command lines that are one argument")
struct CommandWordsTests {
  @Test(
    "A command line is split as a shell splits it",
    arguments: [
      ("cannon", ["cannon"]),
      ("  cannon\trun \n --x ", ["cannon", "run", "--x"]),
      ("", []),
      (" \t\n", []),
      ("'my vm/cannon' run", ["my vm/cannon", "run"]),
      ("\"my vm/cannon\" run", ["my vm/cannon", "run"]),
      (#"my\ vm/cannon run"#, ["my vm/cannon", "run"]),
      ("a'b c'\"d e\"f", ["ab cd ef"]),
      ("a '' \"\" b", ["a", "", "", "b"]),
      (#"'a\b"c'"#, [#"a\b"c"#]),
      (#""a\"b\\c\$d\`e'f""#, [#"a"b\c$d`e'f"#]),
      (#""a\b\ c""#, [#"a\b\ c"#]),
      (#"\"a\" \'b\' \\c"#, [#""a""#, "'b'", #"\c"#]),
      ("a\\\nb \"c\\\nd\" e\\\n", ["ab", "cd", "e"]),
      ("\\\n", []),
      ("$HOME/vm ~/vm *.bin; a|b #c", ["$HOME/vm", "~/vm", "*.bin;", "a|b", "#c"]),
      ("a\u{301}\u{20}\u{301}b \r\n", ["a\u{301}", "\u{301}b", "\r"]),
      ("'ä 機械' \u{F0000}", ["ä 機械", "\u{F0000}"]),
    ] as [(String, [String])])
  func words(_ text: String, _ expected: [String]) throws {
    #expect(try CommandWords.of(text, flag: "--vm-program") == expected)
  }

  @Test(
    "What a shell would wait for is an error that names it",
    arguments: [
      ("'my vm", "the quote ' is not closed: 'my vm"),
      ("a \"b'", "the quote \" is not closed: a \"b'"),
      (#"a ""#, #"the quote " is not closed: a ""#),
      (#""a\""#, #"the quote " is not closed: "a\""#),
      (#"a\"#, #"the backslash at the end quotes nothing: a\"#),
    ])
  func unfinished(_ text: String, _ message: String) {
    #expect(throws: UsageError("--vm-program: " + message)) {
      try CommandWords.of(text, flag: "--vm-program")
    }
  }

  @Test("A program's command line has its name", arguments: ["", " ", "''", "\"\" run"])
  func program(_ text: String) {
    #expect(throws: UsageError("--shadow names no program")) {
      try CommandWords.program(text, flag: "--shadow")
    }
  }

  @Test("A shell splits the same words")
  func shellAgrees() throws {
    let folder = try TemporaryFolder()
    for text in [
      "a 'b c' d", #"a\ b "c\"d\\e\$f\`g\h" i"#, "'' \"\" x''y", "a\\\nb \"c\\\nd\"", "a\tb 'c\nd'",
      #"'a\b' \'\" \\"#,
    ] {
      try folder.write("printf '%s;' \(text) > out\n", to: "script")
      try #require(shell("cd '\(folder.path)' && sh script") == 0)
      let words = try CommandWords.of(text, flag: "--vm-program")
      let output = String(decoding: try #require(folder.read("out")), as: UTF8.self)
      #expect(output == words.map { $0 + ";" }.joined(), "\(text)")
    }
  }
}

import FalconetCommands
import Testing

@Suite("Go's forms of flags")
struct GoFlagsTests {
  private func rewritten(_ arguments: String...) throws -> [String] {
    try GoFlags.rewritten(arguments[...])
  }

  @Test(
    "One dash or two, the value in the same argument or the next",
    arguments: [
      ["-input", "a"], ["--input", "a"], ["-input=a"], ["--input=a"],
    ])
  func forms(_ arguments: [String]) throws {
    #expect(try GoFlags.rewritten(arguments[...]) == ["--input=a"])
  }

  @Test(
    "An empty value stays an argument of its own",
    arguments: [
      ["-meta", ""], ["--meta", ""], ["-meta="], ["--meta="],
    ])
  func emptyValue(_ arguments: [String]) throws {
    #expect(try GoFlags.rewritten(arguments[...] + ["--x=1"]) == ["--meta", "", "--x=1"])
  }

  @Test("A value may begin with a dash, be a flag's name, or hold an equals sign")
  func oddValues() throws {
    #expect(try rewritten("--out", "-") == ["--out=-"])
    #expect(try rewritten("--out", "--meta", "x") == ["--out=--meta", "--", "x"])
    #expect(try rewritten("--out", "--") == ["--out=--"])
    #expect(try rewritten("--stop-at", "=5") == ["--stop-at==5"])
    #expect(try rewritten("--stop-at==5") == ["--stop-at==5"])
    #expect(try rewritten("-local", "1=ab=cd") == ["--local=1=ab=cd"])
  }

  @Test(
    "A flag without a value takes Go's words for true",
    arguments: [
      "1", "t", "T", "true", "True", "TRUE",
    ])
  func truth(_ word: String) throws {
    #expect(try rewritten("-debug=\(word)", "--input=a") == ["--debug", "--input=a"])
  }

  @Test(
    "A flag without a value takes Go's words for false",
    arguments: [
      "0", "f", "F", "false", "False", "FALSE",
    ])
  func falsehood(_ word: String) throws {
    #expect(try rewritten("--debug=\(word)", "--input=a") == ["--input=a"])
  }

  @Test("A flag without a value takes no other word, and not the next argument")
  func notBoolean() throws {
    for word in ["", "yes", "tRUE", "2", "on"] {
      #expect(throws: UsageError.self) { try rewritten("--debug=\(word)") }
    }
    #expect(try rewritten("--debug", "false") == ["--debug", "--", "false"])
    #expect(try rewritten("-pprof.cpu", "-debug") == ["--pprof.cpu", "--debug"])
  }

  @Test("Help keeps its short form")
  func help() throws {
    #expect(try rewritten("-h") == ["-h"])
    #expect(try rewritten("-help") == ["--help"])
    #expect(try rewritten("--help") == ["--help"])
  }

  @Test("Flags end at -- and what follows is not touched")
  func terminator() throws {
    #expect(
      try rewritten("--input=a", "--", "host", "-x", "--y", "1")
        == ["--input=a", "--", "host", "-x", "--y", "1"])
    #expect(try rewritten("--input=a", "--") == ["--input=a"])
  }

  @Test("Flags end at the first argument that is none")
  func firstOther() throws {
    #expect(try rewritten("-a=1", "host", "-b=2") == ["--a=1", "--", "host", "-b=2"])
    #expect(try rewritten("-", "-b=2") == ["--", "-", "-b=2"])
    #expect(try rewritten("", "-b=2") == ["--", "", "-b=2"])
  }

  @Test("If another -- follows, only what stands behind it counts")
  func secondTerminator() throws {
    #expect(try rewritten("host", "-b", "--", "real") == ["--", "real"])
    #expect(try rewritten("--a=1", "--", "x", "--", "y") == ["--a=1", "--", "y"])
    #expect(try rewritten("--", "x", "--", "y", "--", "z") == ["--", "y", "--", "z"])
    #expect(try rewritten("--", "x", "--") == [])
  }

  @Test(
    "What Go calls bad syntax is refused",
    arguments: ["---x", "-=x", "--=x", "---", "-=", "--=a=b"])
  func badSyntax(_ argument: String) {
    #expect(throws: UsageError("bad flag syntax: \(argument)")) { try rewritten(argument) }
  }

  @Test("A flag at the end without its value is refused", arguments: ["-input", "--input"])
  func missingValue(_ argument: String) {
    #expect(throws: UsageError("flag needs an argument: --input")) { try rewritten(argument) }
  }

  @Test("No arguments stay no arguments")
  func none() throws { #expect(try rewritten() == []) }

  @Test("The input may come without its flag; with it, Cannon's command lines mean what they did")
  func input() throws {
    func rewritten(_ arguments: String...) throws -> [String] {
      try GoFlags.rewritten(arguments[...], input: ["path", "input"])
    }
    #expect(try rewritten("a", "--x", "1") == ["--path=a", "--x=1"])
    #expect(
      try rewritten("--x=1", "a", "--", "host", "-y") == ["--path=a", "--x=1"].reversed() + [
        "--", "host", "-y",
      ])
    #expect(try rewritten("-") == ["--path=-"])
    #expect(try rewritten("--input", "a", "host", "-y") == ["--input=a", "--", "host", "-y"])
    #expect(try rewritten("--", "host") == ["--", "host"])
    #expect(throws: UsageError.self) { try rewritten("a", "b") }
    #expect(throws: UsageError.self) { try rewritten("a", "--path", "b") }
    #expect(throws: UsageError.self) { try rewritten("a", "--input=b") }
  }
}

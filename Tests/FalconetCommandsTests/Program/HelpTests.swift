import FalconetCommands
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("Help, version and completions")
struct HelpTests {
  /// With `FALCONET_UPDATE_HELP=1` the recorded texts are rewritten.
  private static let updates = getenv("FALCONET_UPDATE_HELP") != nil

  /// The commands as the program itself describes them.
  private static func commands() throws -> [JSONValue] {
    let outcome = try Tool.run(["--experimental-dump-help"])
    #expect(outcome.exitCode == 0)
    let commands = try JSONValue(outcome.output)["command"]?["subcommands"]?.elements ?? []
    return commands.filter { $0["commandName"]?.string != "help" }
  }

  @Test("Each command's help is the recorded text")
  func helpTexts() throws {
    try compare(["--help"], "falconet")
    var texts: Set<String> = ["falconet"]
    for command in try Self.commands() {
      let name = try #require(command["commandName"]?.string)
      try compare([name, "--help"], name)
      texts.insert(name)
      for below in command["subcommands"]?.elements ?? [] {
        guard let last = below["commandName"]?.string, last != "help" else { continue }
        try compare([name, last, "--help"], "\(name)-\(last)")
        texts.insert("\(name)-\(last)")
      }
    }
    #expect(texts.count > 25)
    let recorded = TemporaryFolder.names(in: "\(testFolder)/HelpTexts").map { $0.dropLast(4) }
    #expect(recorded.sorted() == texts.map { $0[...] }.sorted())
  }

  private func compare(_ arguments: [String], _ name: String) throws {
    let outcome = try Tool.run(arguments)
    #expect(outcome.exitCode == 0)
    #expect(outcome.log == "")
    let path = "\(testFolder)/HelpTexts/\(name).txt"
    if Self.updates {
      let file = try FileSink(path: path, permissions: 0o644)
      try file.write(outcome.output)
      try file.finish()
    }
    let recorded = try ByteReader(FileSource(path: path)).readAll(limit: 1 << 20)
    #expect(
      outcome.text == String(decoding: recorded, as: UTF8.self),
      "the help of \(name) is another: look at it, then run with FALCONET_UPDATE_HELP=1")
  }

  @Test("Go's parser knows which flags of Cannon's commands take no value")
  func booleans() throws {
    var flags: Set<String> = []
    for command in try Self.commands() {
      guard ["load-elf", "run", "witness", "list"].contains(command["commandName"]?.string) else {
        continue
      }
      for argument in command["arguments"]?.elements ?? [] {
        guard argument["kind"] == .string("flag") else { continue }
        flags.formUnion(argument["names"]?.elements.compactMap { $0["name"]?.string } ?? [])
      }
    }
    #expect(flags == GoFlags.booleans)
  }

  @Test("Without arguments there is help")
  func noArguments() throws {
    let outcome = try Tool.run([])
    #expect(outcome.exitCode == 0)
    #expect(outcome.text == (try Tool.run(["--help"]).text))
  }

  @Test("Help in all forms of Go", arguments: ["-h", "-help", "--help", "--help=true"])
  func help(_ flag: String) throws {
    let outcome = try Tool.run(["run", flag])
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.hasPrefix("OVERVIEW: "))
  }

  @Test("The version is one line")
  func version() throws {
    for arguments in [["--version"], ["run", "--version"], ["witness", "-version"]] {
      let outcome = try Tool.run(arguments)
      #expect(outcome.exitCode == 0)
      #expect(try #/falconet \d+\.\d+\.\d+\n/#.wholeMatch(in: outcome.text) != nil)
    }
  }

  @Test(
    "Bad usage is exit code 64, with a reason on standard error and nothing elsewhere",
    arguments: [
      ["bogus"], ["run"], ["run", "--bogus", "1"], ["run", "--input"], ["--bogus"], ["witness"],
      ["load-elf"], ["load-elf", "--type", "8"], ["list", "x"], ["witness", "--input", "a", "b"],
      ["run", "--input", "a", "--debug=maybe"], ["run", "--input", "a", "--engine", "x"],
      ["run", "--input", "a", "--log-level", "loud"],
      ["run", "--input", "a", "--preimage-timeout", "soon"],
      ["run", "--input", "a", "--stop-at", "5"], ["run", "--input", "a", "--proof-fmt", "%s"],
      ["run", "--input", "a", "--output", "out.txt"],
      ["run", "--input", "a", "--snapshot-fmt", "%d"],
      ["run", "--input", "a", "--debug", "--meta", ""], ["run", "--input", "a", "--local", "x"],
      ["run", "--input", "a", "--preimages", "d", "--", "host"],
      ["run", "--input", "a", "--proof-at", "=1", "--proof-fmt", ""],
      ["run", "--input", "a", "--snapshot-at", "=5", "--snapshot-fmt", "-"],
      ["run", "--input", "a", "--output", "-", "--debug-info", "-"],
      ["witness", "--input", "a", "--output", "-"], ["load-elf", "--type", "9", "--path", "x"],
      ["load-elf", "--type", "8", "--path", "x", "--out", "-", "--meta", "-"],
      ["load-elf", "--type", "8", "--path", "x", "--out", "x.txt"],
    ])
  func usage(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(arguments, in: folder.path)
    #expect(outcome.exitCode == 64)
    #expect(outcome.text == "")
    #expect(!outcome.log.isEmpty)
    #expect(folder.names == [])
  }

  @Test(
    "A command or flag that does not exist is named, with the one that was probably meant",
    arguments: [
      (["verfy", "x"], "unknown command 'verfy': did you mean 'verify'?", ""),
      (["rnu", "--input", "x"], "unknown command 'rnu': did you mean 'run'?", ""),
      (["frobnicate"], "unknown command 'frobnicate'", ""),
      (["trace", "clam", "5"], "unknown command 'clam': did you mean 'claim'?", " trace"),
      (
        ["run", "--inptu", "a"], "unknown flag --inptu of 'falconet run': did you mean --input?",
        " run"
      ),
      (
        ["run", "-inptu=a"], "unknown flag -inptu of 'falconet run': did you mean --input?", " run"
      ),
      (["run", "--inpt"], "unknown flag --inpt of 'falconet run': did you mean --input?", " run"),
      (
        ["run", "--input", "--bogus", "--stop-att", "=5"],
        "unknown flag --stop-att of 'falconet run': did you mean --stop-at?", " run"
      ),
      (
        ["inspect", "--jsno"], "unknown flag --jsno of 'falconet inspect': did you mean --json?",
        " inspect"
      ),
      (
        ["inspect", "-json", "x"], "unknown flag -json of 'falconet inspect': did you mean --json?",
        " inspect"
      ),
      (["diff", "a", "--bogus"], "unknown flag --bogus of 'falconet diff'", " diff"),
      (
        ["trace", "claim", "--foldre", "x"],
        "unknown flag --foldre of 'falconet trace claim': did you mean --folder?", " trace claim"
      ),
      (["--bogus"], "unknown flag --bogus of 'falconet'", ""),
      (["trace"], "no command is given", " trace"),
      (["help", "verfy"], "unknown command 'verfy': did you mean 'verify'?", ""),
    ])
  func unknown(_ arguments: [String], _ message: String, _ command: String) throws {
    let outcome = try Tool.run(arguments)
    #expect(outcome.exitCode == 64)
    #expect(
      outcome.log
        == "error: \(message)\n  See 'falconet\(command) --help' for more information.\n")
  }

  @Test("Completions for three shells", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let outcome = try Tool.run(["--generate-completion-script", shell])
    #expect(outcome.exitCode == 0)
    #expect(outcome.log == "")
    for word in ["falconet", "load-elf", "snapshot-fmt", "preimage-timeout"] {
      #expect(outcome.text.contains(word))
    }
  }

  @Test(
    "What can't be written to standard output is an error",
    arguments: [
      ["list"], ["--version"], ["witness", "--input"], ["claim"], ["check"], ["inspect"],
      ["inspect", "--json"],
    ])
  func fullOutput(_ arguments: [String]) throws {
    let takesNone = arguments == ["list"] || arguments == ["--version"]
    let arguments = try arguments + (takesNone ? [] : [Guest.folder("hello") + "/state.bin.gz"])
    let outcome = try Tool.run(arguments, output: "/dev/full")
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("standard output"))
  }
}

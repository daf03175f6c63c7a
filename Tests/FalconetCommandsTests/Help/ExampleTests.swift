import FalconetTestSupport
import Testing

/// The examples in the commands' help.
@Suite("Examples in help texts") struct ExampleTests {
  /// The names of all commands, with those below others.
  private static func commands() throws -> [[String]] {
    func names(_ command: JSONValue, _ path: [String]) -> [[String]] {
      [path]
        + (command["subcommands"]?.elements ?? []).flatMap { next -> [[String]] in
          guard let name = next["commandName"]?.string, name != "help" else { return [] }
          return names(next, path + [name])
        }
    }
    let outcome = try Tool.run(["--experimental-dump-help"])
    let root = try #require(try JSONValue(outcome.output)["command"])
    return names(root, [])
  }

  /// The command lines of a help text.
  private static func examples(_ help: String) -> [String] {
    guard let start = help.firstRange(of: "EXAMPLES:\n")?.upperBound else { return [] }
    var examples: [String] = []
    var line = ""
    for text in help[start...].split(separator: "\n", omittingEmptySubsequences: false) {
      guard text.hasPrefix("  ") else { break }
      line += text.drop { $0 == " " }
      if line.hasSuffix("\\") {
        line.removeLast()
      } else {
        examples.append(line)
        line = ""
      }
    }
    return examples
  }

  /// The exit codes of examples that do not end with 0: two states that differ, programs of others that
  /// are not here.
  private static func exitCode(_ example: String) -> Int32 {
    let fails = ["falconet diff", " -- op-program", "--vm-library", "--vm-program"]
    if example.hasSuffix("--exec"), GDB.path == nil { return 1 }
    return fails.contains { example.contains($0) } ? 1 : 0
  }

  @Test("Every command has some, and they work in the demo's directory")
  func examples() throws {
    let folder = try Demo.copy()
    try folder.write("5\n10\n", to: "steps.txt")
    let commands = try Self.commands()
    #expect(commands.count > 25)
    for command in commands {
      let help = try Tool.run(command + ["--help"])
      let examples = Self.examples(help.text)
      #expect(!examples.isEmpty, "\(command)")
      for example in examples {
        let name = (["falconet"] + command).joined(separator: " ")
        let isOwn =
          example.hasPrefix(name) || !Set(["squash", "serve-preimages"]).isDisjoint(with: command)
        #expect(isOwn, "\(example)")
        let words = try Self.words(example)
        let outcome = try Tool.run(words, in: folder.path)
        #expect(outcome.exitCode == Self.exitCode(example), "\(example): \(outcome.log)")
      }
    }
  }

  /// The arguments of a command line, in which the program's own name stands for its path.
  private static func words(_ line: String) throws -> [String] {
    let words = line.split(separator: " ").map(String.init)
    let path = try Tool.path.get()
    return words.dropFirst().map { $0 == "falconet" ? path : $0 }
  }
}

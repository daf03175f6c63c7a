import ArgumentParser
import FalconetStreams

/// The names that a command and its commands know, to say which one a command line gets wrong.
struct CommandVocabulary {
  /// A flag's name, as it is written.
  struct Flag {
    var name: String
    var takesValue: Bool
    var isHidden: Bool
  }

  private(set) var name = ""
  private(set) var commands: [CommandVocabulary] = []
  private(set) var flags: [Flag] = []
  private(set) var isHidden = false

  /// What argument-parser adds to every command, partly without listing it.
  private static let common = [
    "--help", "-h", "--version", "--help-hidden", "--experimental-dump-help",
    "--generate-completion-script",
  ].map { Flag(name: $0, takesValue: false, isHidden: true) }

  /// What a command declares.
  init(of command: (some ParsableCommand).Type) throws(StreamError) {
    let text = Array(command._dumpHelp().utf8)
    let json = JSONReader(ByteReader(MemorySource(text, name: "help")))
    try json.beginObject()
    while let key = try json.nextKey() {
      if key == "command" { try read(json) } else { try json.skipValue() }
    }
  }

  private init(_ json: JSONReader) throws(StreamError) { try read(json) }

  private mutating func read(_ json: JSONReader) throws(StreamError) {
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "commandName": name = try json.readString(maxBytes: Self.nameLimit)
      case "shouldDisplay": isHidden = try !json.readBool()
      case "subcommands":
        try json.beginArray()
        while try json.nextElement() { commands.append(try CommandVocabulary(json)) }
      case "arguments":
        try json.beginArray()
        while try json.nextElement() { try readArgument(json) }
      default: try json.skipValue()
      }
    }
  }

  private mutating func readArgument(_ json: JSONReader) throws(StreamError) {
    var names: [String] = []
    var takesValue = false
    var isHidden = false
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "kind": takesValue = try json.readString(maxBytes: Self.nameLimit) == "option"
      case "shouldDisplay": isHidden = try !json.readBool()
      case "names":
        try json.beginArray()
        while try json.nextElement() { names.append(try Self.readName(json)) }
      default: try json.skipValue()
      }
    }
    flags += names.map { Flag(name: $0, takesValue: takesValue, isHidden: isHidden) }
  }

  private static func readName(_ json: JSONReader) throws(StreamError) -> String {
    var name = ""
    var dashes = "--"
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "name": name = try json.readString(maxBytes: nameLimit)
      case "kind": dashes = try json.readString(maxBytes: nameLimit) == "long" ? "--" : "-"
      default: try json.skipValue()
      }
    }
    return dashes + name
  }

  private static let nameLimit = 1 << 10

  // MARK: Mistakes

  /// The command that a command line names, as far as it exists, and the arguments after it.
  private func command(
    of arguments: ArraySlice<String>
  ) -> (names: [String], command: CommandVocabulary, rest: ArraySlice<String>) {
    guard let next = commands.first(where: { $0.name == arguments.first }) else {
      return ([name], self, arguments)
    }
    let (names, command, rest) = next.command(of: arguments.dropFirst())
    return ([name] + names, command, rest)
  }

  /// The full name of the command that a command line names, as far as it exists.
  func name(of arguments: [String]) -> String {
    command(of: arguments[...]).names.joined(separator: " ")
  }

  /// The first command or flag that does not exist.
  ///
  /// - Parameter isLikeGo: whether the flags are read as Go reads them.
  func mistake(in arguments: [String], isLikeGo: Bool) -> UsageError? {
    let (names, command, rest) = command(of: arguments[...])
    if !command.commands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
      let known = command.commands.filter { !$0.isHidden }.map(\.name)
      return UsageError("unknown command '\(word)'" + Self.question(word, known) { "'\($0)'" })
    }
    guard let flag = command.unknownFlag(in: rest, isLikeGo: isLikeGo) else { return nil }
    let known = command.flags.filter { !$0.isHidden }.map(\.name)
    let full = flag.hasPrefix("--") ? flag : "-" + flag
    return UsageError(
      "unknown flag \(flag) of '\(names.joined(separator: " "))'"
        + Self.question(full, known) { $0 })
  }

  private func unknownFlag(in arguments: ArraySlice<String>, isLikeGo: Bool) -> String? {
    var rest = arguments
    while let argument = rest.popFirst(), argument != "--" {
      guard argument.hasPrefix("-"), argument != "-" else {
        // Go's flags end here.
        if isLikeGo { return nil }
        continue
      }
      let name = String(argument.prefix { $0 != "=" })
      guard let flag = flag(name, isLikeGo: isLikeGo) else {
        // A negative number is a wrong value, and not a flag.
        return name.dropFirst().first?.isNumber == true ? nil : name
      }
      if isLikeGo, flag.takesValue, name == argument { rest = rest.dropFirst() }
    }
    return nil
  }

  private func flag(_ name: String, isLikeGo: Bool) -> Flag? {
    (flags + Self.common).first { flag in
      flag.name == name || isLikeGo && flag.name == "-" + name
    }
  }

  private static func question(
    _ word: String, _ known: [String], quoted: (String) -> String
  ) -> String {
    Suggestion.closest(to: word, among: known).map { ": did you mean \(quoted($0))?" } ?? ""
  }
}

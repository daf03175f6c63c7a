import ArgumentParser
import FalconetLibc
import FalconetMachine
import FalconetStreams

struct FalconetCommand: ParsableCommand {
  static let _errorPrefix = "error: "

  static let configuration = CommandConfiguration(
    commandName: "falconet",
    abstract: "A fault-proof virtual machine, compatible with Cannon.",
    discussion: """
      EXAMPLES:
        falconet demo
        falconet run state.bin.gz --preimages preimages
      The examples of every command work in the directory that 'falconet demo' makes.
      """,
    version: "falconet \(Release.version)",
    subcommands: [
      LoadELFCommand.self,
      RunCommand.self,
      WitnessCommand.self,
      ListCommand.self,
      ClaimCommand.self,
      InspectCommand.self,
      CheckCommand.self,
      ConvertCommand.self,
      SquashCommand.self,
      DiffCommand.self,
      VerifyCommand.self,
      CalldataCommand.self,
      BisectCommand.self,
      DebugCommand.self,
      FindCommand.self,
      LogCommand.self,
      TraceCommand.self,
      StoreCommand.self,
      PrefetchCommand.self,
      CheckELFCommand.self,
      ConformCommand.self,
      DemoCommand.self,
      ServePreimagesCommand.self,
    ])
}

/// The command line program, as a function.
public enum CommandLineTool {
  /// Runs a command.
  ///
  /// - Parameter arguments: the arguments without the program's name.
  /// - Returns: the exit code: 0 done, 1 error, 2 a panic of the VM, 3 out of time, 64 bad
  ///   usage, 130 interrupted, 141 the output's reader is gone.
  public static func run(_ arguments: [String]) -> Int32 {
    occupyStandardStreams()
    do throws(StreamError) { try Interruption.install() } catch {
      return tell(End(CommandError(error)))
    }
    return tell(end(of: arguments))
  }

  /// How a command ended.
  package struct End {
    /// The exit code.
    package let code: Int32
    /// The text to print: help, or why the command failed; empty for nothing.
    package let text: String

    fileprivate init(code: Int32, text: String = "") {
      self.code = code
      self.text = text
    }

    fileprivate init(_ error: CommandError) {
      // Whoever closed the output knows, and wants no message.
      let isSilent = if case .outputClosed = error.cause { true } else { false }
      self.init(code: error.exitCode, text: isSilent ? "" : "error: \(error)")
    }
  }

  /// Runs a command in a process that has other work: signals are left alone, and neither log lines nor the
  /// final text are printed.
  ///
  /// - Parameter arguments: the arguments without the program's name.
  package static func attempt(_ arguments: [String]) -> End {
    Console.$isMuted.withValue(true) { end(of: arguments) }
  }

  /// Runs a command.
  private static func end(of arguments: [String]) -> End {
    do {
      // The help of an unknown command would be that of the one above it.
      if arguments.first == "help", let mistake = mistake(in: arguments) { throw mistake }
      var command: any ParsableCommand
      do { command = try parse(rewritten(arguments)) } catch {
        // The parser also names what else is missing if a name is mistyped. The name comes first.
        throw mistake(in: arguments) ?? error
      }
      // A command that only has commands of its own would print its help, as if it were done.
      guard arguments.isEmpty || type(of: command).configuration.subcommands.isEmpty else {
        throw UsageError("no command is given")
      }
      try command.run()
      Deadline.clear()
      // The signal came, or time ran out, at the command's end: something that it should have done
      // may be missing.
      return Interruption.cause == nil ? End(code: 0) : End(.interrupted)
    } catch let error as CommandError {
      return End(error)
    } catch let error as UsageError {
      return End(
        code: ExitCode.validationFailure.rawValue, text: "error: \(error)" + hint(arguments))
    } catch let error as StreamError {
      return End(CommandError(error))
    } catch {
      // Help is what the user requested; anything else is a mistake.
      return End(
        code: FalconetCommand.exitCode(for: error).rawValue,
        text: FalconetCommand.fullMessage(for: error))
    }
  }

  /// The command or flag in a command line that does not exist; nil if help is requested, or it is
  /// something else that is wrong.
  private static func mistake(in arguments: [String]) -> UsageError? {
    guard let vocabulary = try? CommandVocabulary(of: FalconetCommand.self) else { return nil }
    if arguments.first == "help" {
      return vocabulary.mistake(in: Array(arguments.dropFirst()), isLikeGo: false)
    }
    return vocabulary.mistake(in: arguments, isLikeGo: isLikeCannon(arguments.first))
  }

  /// What to read after a mistake in a command line.
  private static func hint(_ arguments: [String]) -> String {
    let words = Array(arguments.drop { $0 == "help" })
    let name = (try? CommandVocabulary(of: FalconetCommand.self))?.name(of: words)
    return "\n  See '\(name ?? "falconet") --help' for more information."
  }

  /// Parses a command line.
  ///
  /// ArgumentParser takes a command's arguments apart once more for each command above it, which
  /// takes a millisecond or two. So the last command is tried first. If it has no answer (there
  /// is a mistake, or help is requested), parsing starts again from the top, which knows its full name.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    let (command, rest) = command(of: arguments)
    if command.configuration.subcommands.isEmpty,
      let parsed = try? command.parseAsRoot(Array(rest)), type(of: parsed) == command
    {
      return parsed
    }
    return try FalconetCommand.parseAsRoot(arguments)
  }

  /// The command that a command line names, as far as it exists, and the arguments after it.
  private static func command(
    of arguments: [String]
  ) -> (type: any ParsableCommand.Type, rest: ArraySlice<String>) {
    var command: any ParsableCommand.Type = FalconetCommand.self
    var rest = arguments[...]
    while let next = command.configuration.subcommands.first(where: {
      $0.configuration.commandName == rest.first
    }) {
      command = next
      rest.removeFirst()
    }
    return (command, rest)
  }

  /// The commands that Cannon has too, whose flags are read as Go reads them, with the names of the flag
  /// for the file that they read.
  private static let likeCannon: [(command: any ParsableCommand.Type, input: [String])] = [
    (LoadELFCommand.self, ["path", "input"]), (RunCommand.self, ["input"]),
    (WitnessCommand.self, ["input"]), (ListCommand.self, []),
  ]

  private static func isLikeCannon(_ name: String?) -> Bool {
    likeCannon.contains { $0.command.configuration.commandName == name }
  }

  /// The flags of a command that Cannon has as Go reads them; other arguments as they are, but for those
  /// of a server, if the command's declaration has no room for them.
  private static func rewritten(_ arguments: [String]) throws(UsageError) -> [String] {
    guard let name = arguments.first,
      let (_, input) = likeCannon.first(where: { $0.command.configuration.commandName == name })
    else {
      return command(of: arguments).type is any TakesServerWords.Type
        ? ServerWords.rewritten(arguments) : arguments
    }
    return [name] + (try GoFlags.rewritten(arguments.dropFirst(), input: input))
  }

  /// Opens standard streams that are closed, so that no other file gets their numbers. Reading such
  /// input, or writing such output, is an error.
  private static func occupyStandardStreams() {
    for (descriptor, access) in [(0, O_WRONLY), (1, O_RDONLY), (2, O_RDONLY)] as [(Int32, Int32)]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is given.
      _ = open("/dev/null", access)
    }
  }

  /// Prints why a command cannot begin.
  /// - Returns: the exit code of an error.
  static func fail(_ message: String) -> Int32 { tell(End(CommandError(message))) }

  /// Prints why there is nothing to run.
  /// - Returns: the exit code of bad usage.
  static func refuse(_ message: String) -> Int32 {
    tell(End(code: ExitCode.validationFailure.rawValue, text: "error: \(message)"))
  }

  /// Help with its headings set off, on a terminal.
  private static func withHeadings(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard let colon = line.firstIndex(of: ":"),
        line[..<colon].allSatisfy({ $0.isUppercase || " -".contains($0) }), colon != line.startIndex
      else { return String(line) }
      return Paint.heading(String(line[...colon])) + line[line.index(after: colon)...]
    }.joined(separator: "\n")
  }

  /// Prints the final text: help to standard output, errors to standard error.
  /// - Returns: the exit code.
  private static func tell(_ end: End) -> Int32 {
    guard !end.text.isEmpty else { return end.code }
    guard end.code == 0 else {
      Console().write(line: Paint.bad(first: "error:", of: end.text, on: .errors))
      return end.code
    }
    do { try OutputFile.print([withHeadings(end.text)]) } catch {
      let failure = End(CommandError(error))
      if !failure.text.isEmpty { Console().write(line: failure.text) }
      return failure.code
    }
    return 0
  }
}

import ArgumentParser
import FalconetMachine
import FalconetStreams
import Glibc

struct FalconetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "falconet",
    abstract: "A fault-proof virtual machine, compatible with Cannon.",
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
      TraceCommand.self,
      CheckELFCommand.self,
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
  ///   usage, 130 interrupted.
  public static func run(_ arguments: [String]) -> Int32 {
    occupyStandardStreams()
    // Commands that have a flag for it set it again.
    if let pages = MemoryAllowance.pages(copies: 1) { Memory.defaultPageLimit = pages }
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
      self.init(code: error.exitCode, text: "error: \(error)")
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
      var command = try parse(rewritten(arguments))
      // A command that only has commands of its own would print its help, as if it were done.
      guard arguments.isEmpty || type(of: command).configuration.subcommands.isEmpty else {
        let name = arguments.joined(separator: " ")
        throw UsageError("no command is given: 'falconet \(name) --help' lists them")
      }
      try command.run()
      Deadline.clear()
      switch Interruption.cause {
      case nil: return End(code: 0)
      case .request: return End(code: CommandError.interrupted.exitCode)
      // Time ran out after the command: something that it should have done may be missing.
      case .deadline: return End(.interrupted)
      }
    } catch let error as CommandError {
      return End(error)
    } catch let error as UsageError {
      return End(code: ExitCode.validationFailure.rawValue, text: "error: \(error)")
    } catch let error as StreamError {
      return End(CommandError(error))
    } catch {
      // Help is what the user requested; anything else is a mistake.
      return End(
        code: FalconetCommand.exitCode(for: error).rawValue,
        text: FalconetCommand.fullMessage(for: error))
    }
  }

  /// Parses a command line.
  ///
  /// ArgumentParser takes a command's arguments apart once more for each command above it, which
  /// takes a millisecond or two. So the last command is tried first. If it has no answer (there
  /// is a mistake, or help is requested), parsing starts again from the top, which knows its full name.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    var command: any ParsableCommand.Type = FalconetCommand.self
    var rest = arguments[...]
    while let next = command.configuration.subcommands.first(where: {
      $0.configuration.commandName == rest.first
    }) {
      command = next
      rest.removeFirst()
    }
    if command.configuration.subcommands.isEmpty,
      let parsed = try? command.parseAsRoot(Array(rest)), type(of: parsed) == command
    {
      return parsed
    }
    return try FalconetCommand.parseAsRoot(arguments)
  }

  /// The commands that Cannon has too, whose flags are read as Go reads them.
  private static let likeCannon: [any ParsableCommand.Type] = [
    LoadELFCommand.self, RunCommand.self, WitnessCommand.self, ListCommand.self,
  ]

  /// The flags of a command that Cannon has as Go reads them; other arguments as they are.
  private static func rewritten(_ arguments: [String]) throws(UsageError) -> [String] {
    guard let name = arguments.first,
      likeCannon.contains(where: { $0.configuration.commandName == name })
    else { return arguments }
    return [name] + (try GoFlags.rewritten(arguments.dropFirst()))
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

  /// Prints why there is nothing to run.
  /// - Returns: the exit code of bad usage.
  static func refuse(_ message: String) -> Int32 {
    tell(End(code: ExitCode.validationFailure.rawValue, text: "error: \(message)"))
  }

  /// Prints the final text: help to standard output, errors to standard error.
  /// - Returns: the exit code.
  private static func tell(_ end: End) -> Int32 {
    guard !end.text.isEmpty else { return end.code }
    guard end.code == 0 else {
      Console().write(line: end.text)
      return end.code
    }
    do { try OutputFile.print([end.text]) } catch {
      Console().write(line: "error: \(error)")
      return 1
    }
    return 0
  }
}

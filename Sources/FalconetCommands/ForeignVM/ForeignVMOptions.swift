import ArgumentParser
import FalconetForeignVM

extension ForeignLibrary {
  /// Loads the library that a flag names.
  ///
  /// - Parameters:
  ///   - options: what each of its inputs chooses.
  ///   - isWatched: whether ``ForeignWatch`` ends the process if the VM does not come back.
  static func load(
    _ path: String, options: [ForeignOption] = [], isWatched: Bool = true
  ) throws(CommandError) -> ForeignLibrary {
    if isWatched { ForeignWatch.start() }
    do throws(ForeignError) {
      return try ForeignLibrary(path: path, options: options.map { ($0.name, $0.value) })
    } catch { throw CommandError("\(error)") }
  }
}

/// An option of a library's inputs.
struct ForeignOption: ExpressibleByArgument {
  let name: String
  let value: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    (name, value) = (String(parts[0]), String(parts[1]))
  }

  var text: String { "\(name)=\(value)" }

  static let help = ArgumentHelp(
    "Option of the library, such as engine=step; may be repeated.", valueName: "name=value")
}

/// Which VM executes steps, in place of Falconet's own.
struct ForeignVMOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Library with fpvm.h of the VM that executes steps.", valueName: "file"),
    completion: .file())
  var vmLibrary: String?

  @Option(
    help: ArgumentHelp(
      "Command line of the VM that executes steps, with Cannon's flags, quoted as in a shell.",
      valueName: "command"))
  var vmProgram: String?

  @Option(
    help: ArgumentHelp(
      "Kind of state of a program, as the library names it (default: the library's choice).",
      valueName: "name"))
  var vmKind: String?

  @Option(name: .customLong("vm-option"), help: ForeignOption.help)
  var vmOptions: [ForeignOption] = []

  /// Whether another VM is asked for.
  var isGiven: Bool { vmLibrary != nil || vmProgram != nil }

  func check() throws(UsageError) {
    guard vmLibrary == nil || vmProgram == nil else {
      throw UsageError("--vm-library and --vm-program exclude one another")
    }
    guard vmKind == nil || vmLibrary != nil else {
      throw UsageError("--vm-kind needs --vm-library")
    }
    guard vmOptions.isEmpty || vmLibrary != nil else {
      throw UsageError("--vm-option needs --vm-library")
    }
  }

  /// The VM; nil for Falconet's own.
  ///
  /// - Parameter server: the server of pre-images that a program starts.
  func vm(server: [String]) throws -> ForeignVM? {
    try check()
    if let vmLibrary {
      return .library(try ForeignLibrary.load(vmLibrary, options: vmOptions), kind: vmKind)
    }
    guard let vmProgram else { return nil }
    return .program(
      ForeignProgram.Command(
        program: try CommandWords.program(vmProgram, flag: "--vm-program"), server: server,
        cancellation: Interruption.cancellation))
  }
}

import ArgumentParser
import FalconetForeignVM

extension ForeignLibrary {
  /// Loads the library that a flag names.
  static func load(_ path: String) throws(CommandError) -> ForeignLibrary {
    do throws(ForeignError) { return try ForeignLibrary(path: path) } catch {
      throw CommandError("\(error)")
    }
  }
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
      "Command line of the VM that executes steps, with Cannon's flags, split at spaces.",
      valueName: "command"))
  var vmProgram: String?

  @Option(
    help: ArgumentHelp(
      "Kind of state of a program, as the library names it (default: the library's choice).",
      valueName: "name"))
  var vmKind: String?

  /// Whether another VM is asked for.
  var isGiven: Bool { vmLibrary != nil || vmProgram != nil }

  func check() throws(UsageError) {
    guard vmLibrary == nil || vmProgram == nil else {
      throw UsageError("--vm-library and --vm-program exclude one another")
    }
    guard vmKind == nil || vmLibrary != nil else {
      throw UsageError("--vm-kind needs --vm-library")
    }
  }

  /// The VM; nil for Falconet's own.
  ///
  /// - Parameter server: the server of pre-images that a program starts.
  func vm(server: [String]) throws -> ForeignVM? {
    try check()
    if let vmLibrary {
      return .library(try ForeignLibrary.load(vmLibrary), kind: vmKind)
    }
    guard let vmProgram else { return nil }
    let words = vmProgram.split(separator: " ").map(String.init)
    guard !words.isEmpty else { throw UsageError("--vm-program names no program") }
    return .program(
      ForeignProgram.Command(
        program: words, server: server, cancellation: Interruption.cancellation))
  }
}

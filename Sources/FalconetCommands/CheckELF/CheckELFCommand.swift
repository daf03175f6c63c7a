import ArgumentParser
import FalconetELF
import FalconetMachine
import FalconetStreams
import Logging

struct CheckELFCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "check-elf", usage: "--type <version> <program> [<options>]",
    abstract: "Find instructions and system calls in a program that a state version lacks.",
    discussion: """
      Exits with 1 if one of them is reachable from the program's entry, by jumps or by \
      functions whose address is taken; if the program must be relocated, which nothing does; or \
      if Go's runtime relies on the system to clear pages that it returns, or is too new for a \
      version with one thread. What only tables of methods or functions lead to is listed apart, and \
      fails with --strict: programs call some of it. Nothing is executed, so system calls whose \
      numbers are computed at run time, and calls of addresses that are, are not found.
      """,
    examples: [
      "falconet check-elf --type \(StateVersion.newest.rawValue) program.elf",
      "falconet check-elf --type 7 --all --json program.elf",
    ])

  @Argument(
    help: ArgumentHelp(
      "ELF file, for big-endian MIPS; - is standard input.", valueName: "program"),
    completion: .file())
  var argument: String?

  @Option(
    name: [.customLong("path"), .customLong("input")],
    help: ArgumentHelp("The same as the argument.", valueName: "program"), completion: .file())
  var path: String?

  @Option(
    name: [.customLong("type"), .customLong("state-version")],
    help: ArgumentHelp("State version, by name or number.", valueName: "version"))
  var type: String

  @Option(
    help: ArgumentHelp(
      """
      Revision of the state version, by contract version or date, as 'falconet list' names it \
      (default: the newest).
      """, valueName: "revision"))
  var revision: String?

  @Option(
    help: ArgumentHelp(
      "Function whose findings are harmless; may be repeated.", valueName: "function"))
  var accept: [String] = []

  @Flag(help: "Also exit with 1 for what only tables of methods or functions lead to.")
  var strict = false

  @Flag(help: "Also list what is not reachable.")
  var all = false

  @Flag(help: "Print JSON, with everything that was found.")
  var json = false

  func run() throws {
    let path = try FilePlaces.fill([.init("program", flag: "--path", path)], with: [argument])[0]
    guard let version = StateVersion(named: type) else {
      throw UsageError("unknown state version \"\(type)\": 'falconet list' names those that exist")
    }
    guard let revision = revision.map({ version.revision(named: $0) }) ?? version.newestRevision
    else {
      throw UsageError(
        "state version \(version.rawValue) has no revision \"\(revision ?? "")\": 'falconet list'"
          + " names those that exist")
    }
    let elf = try Inputs.elf(path, while: "failed to check the program")
    let report: CompatibilityReport
    do {
      report = try elf.checkCompatibility(
        with: revision, accepting: Set(accept), pageLimit: MemoryAllowance.pages(copies: 1))
      if !accept.isEmpty { warn(ofUnknown: try elf.symbols()) }
    } catch { throw CommandError("failed to check the program: \(error)") }
    let view = CompatibilityView(report, path: elf.name)
    do {
      if json {
        try view.write(to: OutputFile.standard())
      } else {
        try OutputFile.print(view.lines(listsAll: all))
      }
    } catch { throw CommandError(error, while: "failed to write") }
    guard report.isCompatible, !strict || !report.findings.contains(where: \.isSuspect) else {
      throw ExitCode(1)
    }
  }

  /// A name that is no function's accepts nothing. It may be a typing error, or the function was in an
  /// earlier release of the program.
  private func warn(ofUnknown symbols: SymbolTable) {
    let logger = Loggers(format: .text, level: .info).logger("check-elf")
    for name in symbols.unknown(accept) {
      var metadata: Logger.Metadata = ["name": "\(name)"]
      if let similar = Suggestion.closest(to: name, among: symbols.sourceNames) {
        metadata["similar"] = "\(similar)"
      }
      logger.warning("--accept names a function that the program does not have", metadata: metadata)
    }
  }
}

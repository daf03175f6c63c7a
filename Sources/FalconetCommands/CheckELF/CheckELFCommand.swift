import ArgumentParser
import FalconetELF
import FalconetMachine
import FalconetStreams

struct CheckELFCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-elf",
    abstract: "Look for instructions and system calls that a state version lacks in a program.",
    discussion: """
      Exits with 1 if one of them can be reached from the program's entry: by jumps, or by \
      functions whose address is taken; if nothing relocates the program; or if Go's runtime counts on \
      pages that it gives back to be cleared. Nothing is executed, so system calls whose numbers are made \
      at run time, and functions called only through tables, are not seen.
      """)

  @Argument(help: "ELF file, for big-endian MIPS.", completion: .file())
  var path: String

  @Option(help: "State version, by name or number.")
  var type: String

  @Option(
    help: """
      Revision of the state version, by contract version or date, as list names them (default: the \
      newest).
      """)
  var revision: String?

  @Option(help: "Function whose findings do no harm; may be repeated.")
  var accept: [String] = []

  @Flag(help: "List what can't be reached too.")
  var all = false

  @Flag(help: "Print JSON, with all that was found.")
  var json = false

  func run() throws {
    guard let version = StateVersion(named: type) else {
      throw UsageError("unknown state version \"\(type)\": 'falconet list' names those that exist")
    }
    guard let revision = revision.map({ version.revision(named: $0) }) ?? version.newestRevision
    else {
      throw UsageError(
        "state version \(version.rawValue) has no revision \"\(revision ?? "")\": 'falconet list'"
          + " names those that exist")
    }
    let report: CompatibilityReport
    do {
      report = try ELFFile(path: path).checkCompatibility(with: revision, accepting: Set(accept))
    } catch {
      throw CommandError("failed to check the program: \(error)")
    }
    let view = CompatibilityView(report, path: path)
    do {
      if json {
        try view.write(to: StandardOutputSink())
      } else {
        try OutputFile.print(view.lines(listsAll: all))
      }
    } catch { throw CommandError(error, while: "failed to write") }
    guard report.isCompatible else { throw ExitCode(1) }
  }
}

import ArgumentParser
import FalconetELF
import FalconetSnapshots
import FalconetStreams

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "diff", usage: "<snapshot> <other-snapshot> [<options>]",
    abstract: "Show how two snapshots differ: fields, threads, registers, words of memory.",
    discussion: """
      The snapshots may have different formats. The exit code is 0 if they are the same state, \
      and 1 if they differ or cannot be read.
      """,
    examples: [
      "falconet diff state-5000000.bin.gz out.bin.gz",
      "falconet diff --meta meta.json --pages 1 state-5000000.bin.gz out.bin.gz",
    ])

  @OptionGroup var files: SnapshotPair<ComparedSnapshots>

  @Option(
    help: ArgumentHelp(
      "Symbols, as load-elf writes them, for the functions at pcs.", valueName: "file"),
    completion: .file())
  var meta = ""

  @Option(
    help: ArgumentHelp("How many of the pages that differ to show.", valueName: "count"))
  var pages = 64

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let (left, right) = try files.paths()
    guard left != "-" || right != "-" else {
      throw UsageError("only one of the two snapshots can be standard input")
    }
    guard pages >= 0 else { throw UsageError("--pages must be 0 or more") }
    let difference: SnapshotDifference
    let symbols: SymbolTable?
    do {
      symbols = meta.isEmpty ? nil : try SymbolTable.read(from: Inputs.source(meta))
      difference = try SnapshotComparison.compare(
        { (consumer) throws(StreamError) in try read(left, into: consumer) },
        { (consumer) throws(StreamError) in try read(right, into: consumer) }, pageLimit: pages)
    } catch { throw CommandError(error, while: "failed to compare") }
    let view = DifferenceView(difference, symbols: symbols)
    do {
      if json {
        try view.write(to: OutputFile.standard())
      } else {
        try OutputFile.print(view.lines)
      }
    } catch { throw CommandError(error, while: "failed to write") }
    guard difference.isEmpty else { throw ExitCode(1) }
  }

  private func read(
    _ path: String, into consumer: any SnapshotConsumer
  ) throws(StreamError) {
    _ = try Snapshot.read(Inputs.source(path), snapshot.reading(path), into: consumer)
  }
}

enum ComparedSnapshots: SnapshotPairRoles {
  static let firstHelp = "First snapshot"
  static let secondHelp = "Second snapshot; - is standard input."
  static let secondName = (placeholder: "other-snapshot", what: "second snapshot")
  static let secondFlags = ["input-b"]
}

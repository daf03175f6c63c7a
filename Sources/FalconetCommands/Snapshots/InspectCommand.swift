import ArgumentParser
import FalconetELF
import FalconetSnapshots
import FalconetStreams

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "inspect", usage: "<snapshot> [<options>]",
    abstract: "Show what is in a snapshot: threads, registers, memory, heap, pending hint.",
    examples: [
      "falconet inspect --meta meta.json out.bin.gz", "falconet inspect --json out.bin.gz",
    ])

  @OptionGroup var input: InputArgument

  @Option(
    help: ArgumentHelp(
      "Symbols, as load-elf writes them; empty for none.", valueName: "file"),
    completion: .file())
  var meta = ""

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let input = try input.path()
    let symbols: SymbolTable?
    do { symbols = meta.isEmpty ? nil : try SymbolTable.read(from: Inputs.source(meta)) } catch {
      throw CommandError(error, while: "failed to load metadata")
    }
    let inspection = Inspection(symbols: symbols)
    let format = try snapshot.read(input, into: inspection)
    guard let state = inspection.state, let claim = inspection.claim else {
      throw CommandError("failed to read state: \(input) has no end")
    }
    let report = InspectionReport(
      inspection: inspection, state: state, claim: claim, format: format, symbols: symbols)
    if json {
      do { try report.write(to: OutputFile.standard()) } catch {
        throw CommandError(error, while: "failed to write")
      }
    } else {
      try OutputFile.print(report.lines)
    }
  }
}

import ArgumentParser
import FalconetELF
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

struct LoadELFCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "load-elf", usage: "--type <version> <program> [<options>]",
    abstract: "Load an ELF file into a prestate, the snapshot before a program's first step.",
    examples: [
      "falconet load-elf --type \(StateVersion.newest.rawValue) program.elf",
      "falconet load-elf --type \(StateVersion.newest.name) --path program.elf \\",
      "  --out prestate.bin.gz",
    ])

  @Option(
    name: [.customLong("type"), .customLong("state-version")],
    help: ArgumentHelp(
      """
      State version, by name or number: \(StateVersion.newest.name) or \
      \(StateVersion.newest.rawValue).
      """,
      discussion: "'falconet list' shows all of them.", valueName: "version"))
  var type: String

  @Option(
    name: [.customLong("path"), .customLong("input")],
    help: ArgumentHelp(
      """
      ELF file, for big-endian MIPS; - is standard input. May also be given without the flag.
      """, valueName: "program"), completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp(
      "Release whose loader to follow, such as op-program/v1.3.1.",
      discussion: """
        Version 0: cannon/v1.0.0, op-program/v1.3.1, op-program/v1.2.0, op-program/v0.3.0, or a \
        release with the same loader as one of them. The default is the loader of the version's \
        canonical release. The log shows which one is used.
        """, valueName: "release"))
  var loader: String?

  @Option(
    name: [.customLong("out"), .customLong("output")],
    help: ArgumentHelp(
      "Prestate to write; empty for none, - for standard output.", valueName: "snapshot"))
  var out = "state.bin.gz"

  @Option(
    help: ArgumentHelp(
      "Symbols to write; empty for none, - for standard output.", valueName: "file"))
  var meta = "meta.json"

  func run() throws {
    guard let version = StateVersion(named: type) else {
      throw UsageError("unknown state version \"\(type)\": 'falconet list' names those that exist")
    }
    guard out != "-" || meta != "-" else {
      throw UsageError("only one of --out and --meta can be standard output")
    }
    if !out.isEmpty, out != "-" {
      do { try Snapshot.checkFormat(ofName: out, for: version) } catch {
        throw UsageError("\(error)")
      }
    }
    let loader = try loader(for: version)
    var outputs = PlannedOutputs()
    outputs.add(out, "--out")
    outputs.add(meta, "--meta")
    try outputs.checkNames()
    try outputs.check()
    let (prestate, concerns) = try load(version, loader)
    let logger = Loggers(format: .text, level: .info).logger("load-elf")
    logger.info(
      "Loaded the program",
      metadata: ["version": "\(version.rawValue)", "loader": "\(prestate.loader.rawValue)"])
    for concern in concerns {
      logger.warning(
        "The program may not run as it does elsewhere",
        metadata: ["reason": "\(concern.text)", "remedy": "\(concern.remedy)"])
    }
    let image = MemoryImage(state: prestate.state, memory: prestate.memory)
    do {
      if !meta.isEmpty {
        try OutputFile.write(meta) { (sink) throws(StreamError) in
          try prestate.symbols.write(to: sink, program: prestate.program)
        }
      }
      if !out.isEmpty { try OutputFile.write(out, image) }
    } catch { throw CommandError(error, while: "failed to write") }
  }

  private func loader(for version: StateVersion) throws -> LoaderRevision? {
    guard let loader else { return nil }
    guard let revision = LoaderRevision(named: loader), version.loaders.contains(revision) else {
      let names = version.loaders.map(\.rawValue).joined(separator: ", ")
      throw UsageError(
        "no loader \"\(loader)\" for \(version.name) (version \(version.rawValue)):"
          + " choose one of \(names)")
    }
    return revision
  }

  private func load(
    _ version: StateVersion, _ loader: LoaderRevision?
  ) throws(CommandError) -> (Prestate, [ProgramConcern]) {
    let elf = try Inputs.elf(path, while: "failed to load ELF data")
    do {
      let prestate = try Prestate.load(
        elf, version: version, loader: loader, pageLimit: MemoryAllowance.pages(copies: 1))
      let concerns = try elf.concerns(in: version, loadedAs: prestate)
      return (prestate, concerns.filter(\.isHarmful))
    } catch { throw CommandError("failed to load ELF data into VM state: \(error)") }
  }
}

import ArgumentParser
import FalconetSnapshots
import FalconetStreams

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "convert", usage: "<snapshot> <new-snapshot> [<options>]",
    abstract: "Write a snapshot in another format.",
    discussion: """
      Converts in one pass. If the new format begins with something that the old one has at its \
      end, pages wait in a temporary file beside the new one.
      """,
    examples: [
      "falconet convert state.bin.gz state.fsnap",
      "falconet convert --input state.fsnap --output state.bin --to bin",
    ])

  @OptionGroup var files: SnapshotPair<ConvertedSnapshots>

  @Option(
    help: ArgumentHelp("Format to write, if the name does not say.", valueName: "format"))
  var to: SnapshotFormat?

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let (input, output) = try files.paths()
    guard output != "-" || to != nil else {
      throw UsageError("the format of standard output has no name to tell it: give it with --to")
    }
    let target: SnapshotFormat
    do { target = if let to { to } else { try SnapshotFormat(fileName: output) } } catch {
      throw UsageError("\(error)")
    }
    var outputs = PlannedOutputs()
    outputs.add(output, "the new snapshot")
    try outputs.check()
    let progress = ProgressLine()
    defer { progress.end() }
    do {
      var reading = snapshot.reading(input)
      if progress.isShown {
        reading.onPage = { progress.show("converting", page: $0, of: $1) }
      }
      if output == "-" {
        let sink = OutputFile.standard()
        try SnapshotConverter.convert(Inputs.source(input), reading, to: sink, as: target)
        try sink.finish()
      } else if input == "-" {
        try AtomicFile.write(path: output, Interruption.cancellation) {
          (sink) throws(StreamError) in
          try SnapshotConverter.convert(Inputs.source(input), reading, to: sink, as: target)
        }
      } else {
        try SnapshotConverter.convert(path: input, reading, to: output, as: target)
      }
    } catch { throw CommandError(error, while: "failed to convert") }
    if snapshot.trustPages, !target.statesRoots {
      Loggers(format: .text, level: .info).logger("convert").warning(
        "The pages of an .fsnap file were not hashed: its claim is unverified")
    }
  }
}

/// The file that is read, and the one that is made of it.
enum ConvertedSnapshots: SnapshotPairRoles {
  static let firstHelp = "Snapshot to read"
  static let secondHelp =
    "Snapshot to write; - is standard output. A name that ends in .gz is compressed."
  static let secondName = (placeholder: "new-snapshot", what: "new snapshot")
  static let secondFlags = ["output", "out"]
}

struct SquashCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "squash", usage: "<snapshot> <new-snapshot> [<options>]",
    abstract: "Write a delta and its bases as one full .fsnap snapshot.",
    examples: [
      "falconet run state.bin.gz --preimages preimages --snapshot-at %4000000 \\",
      "  --snapshot-fmt s-%d.fsnap --snapshot-delta",
      "falconet squash s-8000000.fsnap full.fsnap",
    ])

  @OptionGroup var files: SnapshotPair<ConvertedSnapshots>

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let (input, output) = try files.paths()
    var outputs = PlannedOutputs()
    outputs.add(output, "the full snapshot")
    try outputs.check()
    let progress = ProgressLine()
    defer { progress.end() }
    var reading = snapshot.reading(input)
    if progress.isShown { reading.onPage = { progress.show("writing", page: $0, of: $1) } }
    do {
      try SnapshotConverter.convert(path: input, reading, to: output, as: .fsnap)
    } catch { throw CommandError(error, while: "failed to squash") }
  }
}

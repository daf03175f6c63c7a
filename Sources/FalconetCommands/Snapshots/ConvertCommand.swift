import ArgumentParser
import FalconetSnapshots
import FalconetStreams

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a snapshot in another format.",
    discussion: """
      Converts in one pass. If the new format begins with something that the old one has at its \
      end, pages wait in a temporary file beside the new one.
      """)

  @Argument(help: "Snapshot to read; - is standard input.", completion: .file())
  var input: String

  @Argument(help: "Snapshot to write; - is standard output. A name that ends in .gz is compressed.")
  var output: String

  @Option(help: "Format to write, if the name does not say.")
  var to: SnapshotFormat?

  @OptionGroup var snapshot: SnapshotOptions

  func run() throws {
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
    do {
      let reading = snapshot.reading(input)
      if output == "-" {
        let sink = StandardOutputSink()
        try SnapshotConverter.convert(Inputs.source(input), reading, to: sink, as: target)
        try sink.finish()
      } else if input == "-" {
        try AtomicFile.write(path: output) { (sink) throws(StreamError) in
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

struct SquashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "squash",
    abstract: "Write a delta and its bases as one full .fsnap snapshot.")

  @Argument(help: "Delta to read.", completion: .file())
  var input: String

  @Argument(help: "Full snapshot to write.")
  var output: String

  @OptionGroup var snapshot: SnapshotOptions

  func run() throws {
    var outputs = PlannedOutputs()
    outputs.add(output, "the full snapshot")
    try outputs.check()
    do {
      try SnapshotConverter.convert(
        path: input, snapshot.reading(input), to: output, as: .fsnap)
    } catch { throw CommandError(error, while: "failed to squash") }
  }
}

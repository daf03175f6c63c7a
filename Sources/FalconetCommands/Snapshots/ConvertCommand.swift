import ArgumentParser
import FalconetSnapshots
import FalconetStreams

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "convert", usage: "<snapshot> <new-snapshot> [<options>]",
    abstract: "Write a snapshot in another format, or as a core file for debuggers.",
    discussion: """
      Converts in one pass. If the new format begins with something that the old one has at its \
      end, pages wait in a temporary file beside the new one. A core file (.core) has the threads, \
      their registers and the memory: gdb-multiarch PROGRAM FILE.core. It cannot be read back.
      """,
    examples: [
      "falconet convert state.bin.gz state.fsnap",
      "falconet convert out.bin.gz out.core",
      "falconet convert --input state.fsnap --output state.bin --to bin",
    ])

  @OptionGroup var files: SnapshotPair<ConvertedSnapshots>

  @Option(
    help: ArgumentHelp("Format to write, if the name does not say.", valueName: "format"))
  var to: ConversionTarget?

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let (input, output) = try files.paths()
    guard output != "-" || to != nil else {
      throw UsageError("the format of standard output has no name to tell it: give it with --to")
    }
    let target: ConversionTarget
    do { target = if let to { to } else { try ConversionTarget(fileName: output) } } catch {
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
        try target.convert(Inputs.source(input), reading, to: sink)
        try sink.finish()
      } else if input != "-", case .snapshot(let format) = target {
        try SnapshotConverter.convert(path: input, reading, to: output, as: format)
      } else {
        try AtomicFile.write(path: output, Interruption.cancellation) {
          (sink) throws(StreamError) in
          try target.convert(
            Inputs.source(input), reading, to: sink, temporaryFolder: output.parentDirectory)
        }
      }
    } catch { throw CommandError(error, while: "failed to convert") }
    if snapshot.trustPages, !target.statesRoots {
      Loggers(format: .text, level: .info).logger("convert").warning(
        "The pages of an .fsnap file were not hashed: its claim is unverified")
    }
  }
}

/// What a snapshot is converted to.
enum ConversionTarget: Equatable, ExpressibleByArgument {
  case snapshot(SnapshotFormat)
  /// A core file, which only debuggers read.
  case core

  init?(argument: String) {
    if argument == CoreFile.name {
      self = .core
    } else if let format = SnapshotFormat(rawValue: argument) {
      self = .snapshot(format)
    } else {
      return nil
    }
  }

  /// The target that a file's name asks for.
  init(fileName: String) throws(StreamError) {
    self =
      [CoreFile.suffix, CoreFile.suffix + ".gz"].contains(where: fileName.hasSuffix)
      ? .core : .snapshot(try SnapshotFormat(fileName: fileName))
  }

  static var allValueStrings: [String] { SnapshotFormat.allCases.map(\.rawValue) + [CoreFile.name] }

  /// Whether the snapshot's claim is computed on the way.
  var statesRoots: Bool {
    switch self {
    case .snapshot(let format): format.statesRoots
    case .core: false
    }
  }

  func convert(
    _ input: any ByteSource, _ reading: SnapshotReading, to sink: any ByteSink,
    temporaryFolder folder: String? = nil
  ) throws(StreamError) {
    switch self {
    case .snapshot(let format):
      try SnapshotConverter.convert(input, reading, to: sink, as: format, temporaryFolder: folder)
    case .core: try CoreFile.convert(input, reading, to: sink, temporaryFolder: folder)
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

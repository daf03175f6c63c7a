import ArgumentParser
import FalconetOracle
import FalconetRun

/// When something happens during a run, and where its files go.
struct EventOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Steps at which to write proofs.", valueName: "steps"))
  var proofAt: [String] = []

  @Option(
    help: ArgumentHelp(
      "File name of proofs: %d is the step, .gz compresses, - is standard output.",
      valueName: "file-name"))
  var proofFmt = "proof-%d.json"

  @Option(help: ArgumentHelp("Steps at which to write snapshots.", valueName: "steps"))
  var snapshotAt: [String] = []

  @Option(help: ArgumentHelp("File name of snapshots: %d is the step.", valueName: "file-name"))
  var snapshotFmt = "state-%d.bin.gz"

  @Flag(help: "Write each .fsnap snapshot after the first as a delta from the one before.")
  var snapshotDelta = false

  @Option(
    help: ArgumentHelp(
      """
      How many states to keep beside the snapshots, so that later runs of the same program can \
      start near the step that they need.
      """, valueName: "count"))
  var keepStates = 0

  @Option(help: ArgumentHelp("Steps at which to stop.", valueName: "steps"))
  var stopAt: [String] = []

  @Option(
    help: ArgumentHelp(
      "Stop after reading a pre-image: KEYPREFIX[@OFFSET[@STEP]], the key in hexadecimal.",
      valueName: "key"))
  var stopAtPreimage: String?

  @Option(
    help: ArgumentHelp(
      """
      Stop after the first read of this type: local, keccak, sha256, blob, precompile or any.
      """, valueName: "type"))
  var stopAtPreimageType: String?

  @Option(
    help: ArgumentHelp(
      """
      Stop after reading a pre-image that is longer than this, such as 128KiB, its length \
      prefix included; 0 is off. With a key or a type, both conditions must hold, at any offset and \
      step.
      """, valueName: "size"))
  var stopAtPreimageLargerThan = GoByteCount(0)

  @Option(
    help: ArgumentHelp(
      """
      File for the state, to continue from, if the run ends early for any reason other than a \
      panic.
      """, valueName: "snapshot"), completion: .file())
  var saveOnError = ""

  @Option(
    help: ArgumentHelp("Steps at which to log progress (default: %1000000000).", valueName: "steps")
  )
  var infoAt: [String] = []

  /// The plan of a run.
  func plan(
    output: String, debugInfo: String, tracesThreads: Bool
  ) throws -> RunPlan {
    let plan = RunPlan(
      info: try StepPatterns(infoAt.isEmpty ? ["%1000000000"] : infoAt),
      proofs: try StepPatterns(proofAt), proofName: try FileNameFormat(proofFmt),
      snapshots: try StepPatterns(snapshotAt), snapshotName: try FileNameFormat(snapshotFmt),
      writesDeltas: snapshotDelta, keptStates: keepStates,
      stop: try StepPatterns(stopAt),
      preimageStop: try PreimageStop(
        flag: stopAtPreimage, type: stopAtPreimageType, largerThan: stopAtPreimageLargerThan.bytes),
      output: output, debugInfo: debugInfo, saveOnError: saveOnError, tracesThreads: tracesThreads)
    try plan.checkNames()
    return plan
  }
}

/// Where pre-images come from, other than from a server after `--`.
struct PreimageOptions: ParsableArguments {
  @Option(
    name: .customLong("preimages"),
    help: ArgumentHelp(
      "Directory in which a host stored the pre-images to serve.", valueName: "directory"),
    completion: .directory)
  var folder: String?

  @Option(
    name: .customLong("local"),
    help: ArgumentHelp(
      "Local input, as INDEX=HEX, INDEX=@FILE or, with --program, NAME=VALUE; may be repeated.",
      valueName: "input=value"))
  var locals: [String] = []

  @OptionGroup var game: GameProgramOption

  @Option(
    name: .customLong("record-preimages"),
    help: ArgumentHelp(
      "Directory to which every pre-image that is served is written.", valueName: "directory"),
    completion: .directory)
  var record: String?

  @Option(
    name: .customLong("preimage-timeout"),
    help: ArgumentHelp(
      "How long a server may take to answer, such as 90s or 15m; 0 is no limit.", valueName: "time")
  )
  var timeout = TimeSpan(seconds: 900)

  @OptionGroup var host: HostFlags
  @OptionGroup var store: StoreFlags

  /// Whether a source of pre-images is given, beside a server.
  var isGiven: Bool { folder != nil || !locals.isEmpty }

  func source(_ server: [String]) throws(UsageError) -> PreimageSource {
    guard server.isEmpty || folder == nil else {
      throw UsageError("a server after -- and --preimages exclude one another: leave one out")
    }
    var source = PreimageSource(
      server: server, folder: folder, locals: try game.inputs(locals), record: record,
      timeout: timeout.seconds)
    host.apply(to: &source)
    try store.apply(to: &source)
    return source
  }
}

/// How log lines look, for every command that logs.
struct LogOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Format of log lines.", valueName: "format"))
  var logFormat = LogFormat.text

  @Option(help: ArgumentHelp("Lowest level of the log lines that are written.", valueName: "level"))
  var logLevel = LogLevel.info

  var loggers: Loggers { Loggers(format: logFormat, level: logLevel) }
}

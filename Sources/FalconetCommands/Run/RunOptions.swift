import ArgumentParser
import FalconetOracle
import FalconetRun

/// When something happens during a run, and where its files go.
struct EventOptions: ParsableArguments {
  @Option(help: "Steps at which to write proofs.")
  var proofAt: [String] = []

  @Option(help: "File name of proofs: %d is the step, .gz compresses, - is standard output.")
  var proofFmt = "proof-%d.json"

  @Option(help: "Steps at which to write snapshots.")
  var snapshotAt: [String] = []

  @Option(help: "File name of snapshots: %d is the step.")
  var snapshotFmt = "state-%d.bin.gz"

  @Flag(help: "Write each .fsnap snapshot after the first as a delta from the one before.")
  var snapshotDelta = false

  @Option(
    help: """
      How many states to keep beside the snapshots, so that later runs of the same program can \
      start near the step that they need.
      """)
  var keepStates = 0

  @Option(help: "Steps at which to stop.")
  var stopAt: [String] = []

  @Option(
    help: "Stop after reading a pre-image: KEYPREFIX[@OFFSET[@STEP]], the key in hexadecimal.")
  var stopAtPreimage: String?

  @Option(
    help: """
      Stop after the first read of this type: local, keccak, sha256, blob, precompile or any.
      """)
  var stopAtPreimageType: String?

  @Option(
    help: """
      Stop after reading a pre-image that is longer than this many bytes, its length prefix \
      included; 0 is off. With a key or a type, both conditions must hold, at any offset and \
      step.
      """)
  var stopAtPreimageLargerThan = GoByteCount(0)

  @Option(
    help: """
      File for the state, to continue from, if the run ends early for any reason other than a \
      panic.
      """, completion: .file())
  var saveOnError = ""

  @Option(help: "Steps at which to log progress (default: %1000000000).")
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
    help: "Directory in which a host stored the pre-images to serve.", completion: .directory)
  var folder: String?

  @Option(name: .customLong("local"), help: "Local input, as INDEX=HEX; may be repeated.")
  var locals: [String] = []

  @Option(
    name: .customLong("record-preimages"),
    help: "Directory to which every pre-image that is served is written.", completion: .directory)
  var record: String?

  @Option(
    name: .customLong("preimage-timeout"),
    help: "How long a server may take to answer, such as 90s or 15m; 0 is no limit.")
  var timeout = TimeSpan(seconds: 900)

  /// Whether a source of pre-images is given, beside a server.
  var isGiven: Bool { folder != nil || !locals.isEmpty }

  func source(_ server: [String]) throws(UsageError) -> PreimageSource {
    guard server.isEmpty || folder == nil else {
      throw UsageError("a server after -- and --preimages exclude one another: leave one out")
    }
    let inputs: [UInt64: [UInt8]]
    do { inputs = try LocalInputs.parse(locals) } catch { throw UsageError("\(error)") }
    return PreimageSource(
      server: server, folder: folder, locals: inputs, record: record, timeout: timeout.seconds)
  }
}

/// How log lines look, for every command that logs.
struct LogOptions: ParsableArguments {
  @Option(help: "Format of log lines.")
  var logFormat = LogFormat.text

  @Option(help: "Lowest level of the log lines that are written.")
  var logLevel = LogLevel.info

  var loggers: Loggers { Loggers(format: logFormat, level: logLevel) }
}

import ArgumentParser
import FalconetMachine
import FalconetReplay
import FalconetStreams
import FalconetTrace
import Logging

/// The flags of commands that execute a run again to look into it: where it begins, and what serves its
/// pre-images.
struct ReplayOptions: ParsableArguments {
  @OptionGroup var input: InputArgument

  @Option(
    name: [.customLong("folder"), .customLong("dir")],
    help: ArgumentHelp(
      """
      Directory of a trace: begins with its last state at or before the first step asked for, or with the \
      snapshot if it has none.
      """, valueName: "directory"), completion: .directory)
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "What executes steps: translator, portable or step.", valueName: "engine"))
  var engine = EngineKind.translator

  @OptionGroup var revision: RevisionOption
  @OptionGroup(title: "Limits") var limits: ResourceLimits
  @OptionGroup(title: "Pre-images") var preimages: PreimageOptions
  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions
  @OptionGroup(title: "Logs") var logs: LogOptions

  @Option(name: .customLong(ServerWords.flag), parsing: .singleValue, help: .hidden)
  var server: [String] = []

  func validate() throws {
    guard engine != .check else {
      throw ValidationError("--engine check cannot stop inside of a run")
    }
  }

  /// Opens the state to begin with and the source of its pre-images, which it closes at the end.
  ///
  /// - Parameters:
  ///   - first: the first step asked for, and the flag that says it.
  ///   - copies: how many states memory must have room for.
  ///   - body: gets the machine, at the state or before it. Its oracle is flushed after it.
  func open(
    at first: (flag: String, step: UInt64?), copies: UInt64, loggers: Loggers, _ logger: Logger,
    _ body: (Machine) throws -> Void
  ) throws {
    limits.startClock()
    let source = try preimages.source(server)
    try source.checkRecording()
    let (path, hint) = try start(at: first)
    let image = try Inputs.snapshot(
      path, snapshot, isHashed: false, pageLimit: limits.pageLimit(copies: copies))
    if let step = first.step, image.state.scalars.step > step {
      throw CommandError(
        "\(path): the state is after step \(image.state.scalars.step), and \(first.flag) asks for \(step):"
          + " give an earlier state")
    }
    let revision = try revision.chosen(for: image.state, logger)
    let opened = try source.open(loggers)
    defer { opened.server?.shutDown(logger) }
    let machine = Machine(image, Self.oracle(opened.oracle, after: hint), engine, revision, limits)
    defer {
      do { try machine.oracle.flush() } catch {
        logger.error("Failed to record pre-images", metadata: ["err": "\(error)"])
      }
    }
    try body(machine)
  }

  /// The snapshot to begin with, and the hint that a host must get first.
  private func start(
    at first: (flag: String, step: UInt64?)
  ) throws -> (path: String, hint: [UInt8]?) {
    guard let folder else { return (try input.path(), nil) }
    guard let step = first.step else {
      throw UsageError("--folder needs \(first.flag), the step to go to")
    }
    let saved: SavedState?
    do throws(StreamError) { saved = try SavedState.nearest(to: step, in: folder) } catch {
      throw CommandError(error, while: "failed to look for a state")
    }
    if let saved { return (saved.path, saved.hint) }
    guard input.argument != nil || input.flag != nil else {
      throw CommandError(
        "\(folder): the trace has no state at or before step \(step): give the snapshot that it starts from"
      )
    }
    return (try input.path(), nil)
  }

  /// A source that gets a hint before it is asked for anything.
  private static func oracle(
    _ source: any PreimageOracle, after hint: [UInt8]?
  ) -> any PreimageOracle {
    guard let hint else { return source }
    let oracle = HintedOracle()
    oracle.connect(source)
    oracle.hint = hint
    return oracle
  }
}

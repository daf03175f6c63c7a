import ArgumentParser
import FalconetDebug
import FalconetInsight
import FalconetMachine
import FalconetReplay
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Logging

struct DebugCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "debug", usage: "<snapshot> [<options>] [-- <server> ...]",
    abstract: "Debug a run with gdb, forwards and backwards.",
    discussion: """
      Waits for gdb to connect ('target remote ADDRESS'), or starts it with --exec. Besides gdb's own \
      commands, reverse-step and reverse-continue among them, 'monitor help' lists what this debugger adds.
      The command line of a pre-image server follows --.
      """,
    examples: [
      "falconet debug state.bin.gz --preimages preimages --exec",
      "falconet debug state.bin.gz --listen 127.0.0.1:2159 -- op-program --server",
    ])

  @OptionGroup var input: InputArgument

  @Option(
    name: [.customLong("folder"), .customLong("dir")],
    help: ArgumentHelp(
      """
      Directory of a trace: begins with its last state before the step of --at, or with the snapshot if it has \
      none.
      """, valueName: "directory"), completion: .directory)
  var folder: String?

  @Option(help: ArgumentHelp("Step to go to first.", valueName: "step"))
  var at: UInt64?

  @Option(
    help: ArgumentHelp(
      "ELF file of the program, which gdb reads symbols and lines from.", valueName: "program"),
    completion: .file())
  var elf = ""

  @Option(
    help: ArgumentHelp(
      """
      Where to wait for a debugger: an IPv4 address and a port, 0 for any that is free, or the path \
      of a Unix socket (default: \(DebugAddress.usual); with --exec, a socket in TMPDIR). Whoever can \
      connect can read the guest's memory.
      """, valueName: "address"))
  var listen: String?

  @Flag(help: "Start gdb-multiarch, or gdb, and end when it ends.")
  var exec = false

  @Flag(
    help: """
      Allow writes to memory and registers. Each makes a branch of the run, whose claims are marked, and which \
      going back leaves.
      """)
  var whatIf = false

  @Option(
    help: ArgumentHelp(
      """
      Memory for earlier states, such as 512MiB; a number without a unit is MiB. With more of it, \
      going backwards far takes less time.
      """, valueName: "size"))
  var memory = BudgetSize(Timeline.usualMemory)

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

  func run() throws {
    let loggers = logs.loggers
    let logger = loggers.logger("debug")
    guard engine != .check else { throw UsageError("--engine check cannot go backwards") }
    let address = try DebugAddress(
      listen ?? (exec ? DebuggerProcess.socketName : DebugAddress.usual))
    limits.startClock()
    let source = try preimages.source(server)
    try source.checkRecording()
    let program = try DebuggedProgram(elf: elf)
    let (path, hint) = try start()
    let image = try Inputs.snapshot(
      path, snapshot, isHashed: false, pageLimit: limits.pageLimit(copies: 2))
    if let at, image.state.scalars.step > at {
      throw CommandError(
        "\(path): the state is after step \(image.state.scalars.step), and --at asks for \(at): give an"
          + " earlier state")
    }
    let revision = try revision.chosen(for: image.state, logger)
    let opened = try source.open(loggers)
    defer { opened.server?.shutDown(logger) }
    let machine = Machine(image, Self.oracle(opened.oracle, after: hint), engine, revision, limits)
    machine.logOutput(loggers)
    defer {
      do { try machine.oracle.flush() } catch {
        logger.error("Failed to record pre-images", metadata: ["err": "\(error)"])
      }
    }
    program.inspect(machine)
    let timeline = Timeline(machine, memoryLimit: memory.bytes)
    if let at { try go(to: at, timeline, logger) }
    try serve(timeline, program, at: address, logger)
  }

  /// The snapshot to begin with, and the hint that a host must get first.
  private func start() throws -> (path: String, hint: [UInt8]?) {
    guard let folder else { return (try input.path(), nil) }
    guard let at else { throw UsageError("--folder needs --at, the step to go to") }
    let saved: SavedState?
    do throws(StreamError) { saved = try SavedState.nearest(to: at, in: folder) } catch {
      throw CommandError(error, while: "failed to look for a state")
    }
    if let saved { return (saved.path, saved.hint) }
    guard input.argument != nil || input.flag != nil else {
      throw CommandError(
        "\(folder): the trace has no state at or before step \(at): give the snapshot that it starts from"
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

  /// Goes to the first step that is looked at. A run that ends or fails before is looked at there.
  private func go(
    to step: UInt64, _ timeline: Timeline, _ logger: Logger
  ) throws(CommandError) {
    timeline.machine.shouldInterrupt = { Interruption.isRequested }
    do throws(MachineError) { try timeline.go(to: step) } catch {
      logger.warning("The run fails before the step of --at", metadata: ["err": "\(error)"])
    }
    if Interruption.isRequested { throw CommandError.interrupted }
    if timeline.step < step {
      logger.warning(
        "The run ends before the step of --at", metadata: ["step": "\(timeline.step)"])
    }
  }

  private func serve(
    _ timeline: Timeline, _ program: DebuggedProgram, at address: DebugAddress, _ logger: Logger
  ) throws(CommandError) {
    let listener = try DebugListener(address)
    if !address.isLocal {
      logger.warning(
        "Whoever can reach this address can read the guest's memory and write files here",
        metadata: ["address": "\(listener.name)"])
    }
    let debugger =
      exec ? try DebuggerProcess(listener.name, timeline.machine.version.wordSize, elf: elf) : nil
    if debugger == nil {
      logger.info(
        "Waiting for a debugger",
        metadata: ["address": "\(listener.name)", "gdb": "target remote \(listener.name)"])
    }
    while let connection = try listener.accept({ debugger?.hasEnded ?? false }) {
      let session = DebugSession(
        timeline, host: program, allowsChanges: whatIf,
        changeAdvice: "start 'falconet debug' with --what-if to try changes")
      let isKilled = try talk(session, connection)
      if isKilled && debugger == nil { return }
      if debugger == nil { logger.info("The debugger left: waiting for another") }
    }
  }

  /// Talks to a debugger until it leaves.
  ///
  /// - Returns: whether it asked for the end of the program.
  private func talk(
    _ session: DebugSession, _ connection: DebugConnection
  ) throws(CommandError) -> Bool {
    session.poll { [unowned session] in
      if Interruption.isRequested { session.end() }
      guard let bytes = connection.arrived else {
        session.end()
        return []
      }
      return bytes
    }
    while !session.isEnded {
      guard var bytes = try connection.receive() else { break }
      while !bytes.isEmpty {
        // A few packets at a time: their answers may be long.
        let part = Array(bytes.prefix(256))
        bytes.removeFirst(part.count)
        guard try connection.send(session.receive(part)) else { return session.isKilled }
      }
    }
    if Interruption.isRequested { throw CommandError.interrupted }
    return session.isKilled
  }
}

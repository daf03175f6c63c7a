import ArgumentParser
import FalconetInsight
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Logging

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "run", usage: "<snapshot> [<options>] [-- <server> ...]",
    abstract: "Run a program from a snapshot, and write proofs and snapshots on the way.",
    discussion: """
      Steps are given as patterns: 'never', 'always', '=123' for step 123, '%123' for every step \
      that 123 divides, and '@FILE' for the steps or patterns in a file. A flag takes several, \
      separated by commas or by repeating the flag.
      The command line of a pre-image server follows --.
      """,
    examples: [
      "falconet run state.bin.gz --preimages preimages",
      "falconet run state.bin.gz --preimages preimages --proof-at =591664,=600000 \\",
      "  --stop-at =600001",
      "falconet run state.bin.gz --proof-at @steps.txt --timeout 4h \\",
      "  -- op-program --server --datadir preimages",
    ])

  @Option(
    help: ArgumentHelp(
      """
      Snapshot to start from; - is standard input. May also be given without the flag.
      """, valueName: "snapshot"), completion: .file())
  var input: String

  @Option(
    name: [.customLong("output"), .customLong("out")],
    help: ArgumentHelp(
      "Snapshot to write at the end; empty for none, - for standard output.",
      valueName: "snapshot"))
  var output = "out.bin.gz"

  @OptionGroup(title: "Events") var events: EventOptions
  @OptionGroup(title: "Limits") var limits: ResourceLimits
  @OptionGroup(title: "Checks") var checks: CheckOptions
  @OptionGroup(title: "Pre-images") var preimages: PreimageOptions
  @OptionGroup(title: "Plans") var plans: PlanFlags
  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions
  @OptionGroup(title: "Logs") var logs: LogOptions

  @Option(
    help: ArgumentHelp(
      "Symbols, as load-elf writes them; empty for none.", valueName: "file"),
    completion: .file())
  var meta = "meta.json"

  @Option(
    help: ArgumentHelp(
      """
      ELF file of the program. Its symbols replace those of --meta, and its call frames make \
      tracebacks and profiles of C, C++ and Rust exact.
      """, valueName: "program"), completion: .file())
  var elf = ""

  @Option(
    help: ArgumentHelp(
      """
      What executes steps between events: translator, portable or step. If the host does not support \
      one, the next is used. check runs the first together with step and compares them.
      """, valueName: "engine"))
  var engine = EngineKind.translator

  @OptionGroup var revision: RevisionOption

  @Flag(
    help: """
      Print a traceback of each thread at the end, when the run fails, and on SIGUSR1. Needs \
      --meta or --elf.
      """)
  var debug = false

  @Option(
    help: ArgumentHelp("File for statistics of the run; empty for none.", valueName: "file"),
    completion: .file())
  var debugInfo = ""

  @OptionGroup(title: "Profile") var profile: ProfileOptions
  @OptionGroup(title: "Metrics") var metrics: MetricsFlags
  @OptionGroup(title: "Service") var service: ServiceFlags
  @OptionGroup(title: "Service") var deadline: DeadlineFlag

  @Flag(name: .customLong("pprof.cpu"), help: .hidden)
  var cpuProfile = false

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    let loggers = logs.loggers
    let logger = loggers.logger("vm")
    if debug, meta.isEmpty, elf.isEmpty {
      throw UsageError(
        "cannot enable debug mode without a metadata file: give one with --meta, or the program with --elf"
      )
    }
    let connect = try service.connector(deadline: deadline.seconds())
    var plan = try events.plan(output: output, debugInfo: debugInfo, tracesThreads: debug)
    plan.checks = try checks.plan(plan)
    // Two machines, and what each has to go back to, or states in memory beside the machine.
    limits.startClock()
    let pageLimit = limits.pageLimit(
      copies: engine == .check ? 4 : plan.keepsStatesInMemory ? 2 : 1)
    let format = try profile.format()
    var source = try preimages.source(server)
    var outputs = plan.outputs
    outputs.add(profile.path, "--profile")
    outputs.add(metrics.path, "--metrics-file")
    outputs.add(plans.record, "--record-plan")
    outputs.add(directory: preimages.record, "--record-preimages")
    try outputs.checkNames()
    if cpuProfile { logger.warning("--pprof.cpu profiles Cannon itself and does nothing here") }
    try plans.check(source)
    // What is recorded goes to a directory that other results may lie in.
    try source.checkRecording()
    try outputs.check()

    // What a run that was killed left there, such as a shadow's files.
    UnfinishedName.sweepTemporaryDirectory()
    let (guest, identity) = try Inputs.program(elf: elf, meta: meta, logger)
    var image = try load(plan, pageLimit: pageLimit, logger)
    if let identity, !identity.matches(image.memory) {
      logger.warning(
        "The symbols are of another program than the state",
        metadata: [
          "symbols": "\(meta)", "state": "\(input)",
          "remedy": "name the file that load-elf wrote with the prestate, with --meta",
        ])
    }
    try plan.checkFormats(for: image.state.version)
    let revision = try revision.chosen(for: image.state, logger)
    let watch = HostWatch(source.activity, loggers, metrics: metrics.file)
    source.onWait = { watch.wait() }
    try plans.apply(to: &source, loggers)
    let asksService = profile.path.isEmpty && plans.record.isEmpty && engine != .check
    // With what the service knows, it may not be needed at all.
    source.startsLate = connect != nil && asksService
    let opened = try source.open(loggers)
    do {
      var oracle = opened.oracle
      if let connect, asksService {
        let origin = ServedStart.Origin(
          path: input, image: image, plan: plan, revision: revision, source: source, oracle: oracle)
        if let start = try serve(origin, pageLimit: pageLimit, connect, logger) {
          (image, oracle) = (start.image, start.oracle)
          // The service has the states that later runs start from.
          plan.keptStates = 0
        } else if source.cache == nil {
          do { try opened.server?.start() } catch { throw CommandError("\(error.withFlag)") }
        }
      }
      let machine = Machine(image, oracle, engine, revision, limits)
      let recorder = try plans.recorder(oracle)
      if let recorder { machine.oracle = recorder }
      // A plan of a run that ends early serves as far as it goes.
      defer { plans.finish(recorder, logger) }
      try run(machine, plan, guest, format, opened, watch, loggers, logger)
    } catch {
      opened.prefetch?.stop()
      opened.server?.shutDown(logger)
      throw error
    }
    opened.prefetch?.stop()
    opened.server?.shutDown(logger)
  }

  /// Asks the service for the state to start from. If it gives none, the run starts from its own.
  private func serve(
    _ origin: ServedStart.Origin, pageLimit: Int,
    _ connect: () throws(ServiceFailure) -> ServiceConnection, _ logger: Logger
  ) throws(CommandError) -> ServedStart? {
    do {
      var options = snapshot
      options.from = nil
      let start = try ServedStart.find(origin, connect) { (path) throws(CommandError) in
        try Inputs.snapshot(path, options, isHashed: true, pageLimit: pageLimit)
      }
      if let start {
        logger.info(
          "Start from a state of the service",
          metadata: ["step": .stringConvertible(start.image.state.scalars.step)])
      }
      return start
    } catch {
      if Interruption.isRequested { throw .interrupted }
      logger.warning(
        "The service is not used, and all steps are executed here", metadata: ["err": "\(error)"])
      return nil
    }
  }

  private func load(
    _ plan: RunPlan, pageLimit: Int, _ logger: Logger
  ) throws(CommandError) -> MemoryImage {
    let isHashed = plan.hashesPages || engine == .check
    if snapshot.trustPages, !isHashed {
      logger.warning("The pages of an .fsnap file are not hashed: its claim is unverified")
    }
    let image = try Inputs.snapshot(
      input, snapshot, isHashed: isHashed, pageLimit: pageLimit
    ) { error in
      // With a format of the user's choice, the file may not be to blame.
      if snapshot.from == nil { KeptStateSeries.giveUp(input, after: error, plan, logger) }
    }
    logger.info("Loaded input state", metadata: ["version": "\(image.state.version.name)"])
    return image
  }

  private func run(
    _ machine: Machine, _ plan: RunPlan, _ guest: GuestProgram, _ format: ProfileFormat?,
    _ opened: OpenedSource, _ watch: HostWatch, _ loggers: Loggers, _ logger: Logger
  ) throws(CommandError) {
    // Go's runtime sleeps there when nothing is left that could wake a single-threaded program.
    if machine.version.isSingleThreaded,
      let sleep = guest.symbols?.symbol(named: "runtime.notesleep")
    {
      machine.stopRange = sleep.start..<(sleep.start &+ max(sleep.size, 1))
    }
    if engine == .translator, machine.activeEngine != .translator {
      logger.info(
        "the host cannot run translated code", metadata: ["engine": "\(machine.activeEngine)"])
    }
    machine.logOutput(loggers)
    let progress = Progress(
      machine, symbols: guest.symbols, stop: plan.schedule.knownStop(from: machine.step),
      watch: watch, loggers: loggers, logger: logger)
    let name = machine.version.isSingleThreaded ? "" : "multithreaded "
    logger.info(
      "Using cannon \(name)VM",
      metadata: name.isEmpty
        ? [:] : ["is32": .stringConvertible(machine.version.wordSize == .bits32)])
    try Runner(
      machine: machine, from: input, plan: plan, guest: guest, progress: progress,
      watch: watch, logger: logger, challenger: opened.challenger,
      prefetch: opened.prefetch,
      profile: format.map {
        ProfileRecording(machine, guest, interval: profile.interval, $0, path: profile.path)
      }
    ).run()
  }
}

extension EngineKind: ExpressibleByArgument {
  /// Accepts the former names too.
  public init?(argument: String) {
    switch argument {
    case "jit": self = .translator
    case "interpreter": self = .portable
    default: self.init(rawValue: argument)
    }
  }
}

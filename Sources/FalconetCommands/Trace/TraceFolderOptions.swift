import ArgumentParser
import FalconetForeignVM
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Logging

/// Which trace a command queries, and how it is executed.
///
/// Safety: the server is opened, closed and replaced by the one thread that the command runs on.
struct TraceFolderOptions: ParsableArguments {
  @Option(
    name: [.customLong("folder"), .customLong("dir")],
    help: ArgumentHelp(
      "Directory of the trace; created if it does not exist.", valueName: "directory"),
    completion: .directory)
  var folder: String

  @Option(
    help: ArgumentHelp(
      "Snapshot that the trace starts from; for another VM, a program or a state of its own.",
      valueName: "snapshot"),
    completion: .file())
  var input: String

  @Flag(help: "Wait if another process has the directory open.")
  var wait = false

  @Option(
    help: ArgumentHelp(
      "The most steps between snapshots; fewer if they are small.", valueName: "count"))
  var snapshotInterval: UInt64 = 1_000_000_000

  @Option(
    help: ArgumentHelp(
      "The most that the directory may take, such as 10GiB; in MiB if no unit is given.",
      valueName: "size"))
  var diskBudget = BudgetSize(16 << 30)

  @Option(
    help: ArgumentHelp(
      """
      The most memory that states may take beside the machine, such as 1GiB; in MiB if no unit is \
      given.
      """, valueName: "size"))
  var memoryBudget = BudgetSize(512 << 20)

  @Option(
    help: ArgumentHelp(
      "What executes steps: translator, portable, step or check.", valueName: "engine"))
  var engine = EngineKind.translator

  @OptionGroup(title: "Other VMs") var vm: ForeignVMOptions
  @OptionGroup(title: "Limits") var limits: ResourceLimits
  @OptionGroup var revision: RevisionOption
  @OptionGroup(title: "Pre-images") var preimages: PreimageOptions
  @OptionGroup(title: "Metrics") var metrics: MetricsFlags
  @OptionGroup(title: "Service") var service: ServiceFlags
  @OptionGroup(title: "Service") var deadline: DeadlineFlag
  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions
  @OptionGroup(title: "Logs") var logs: LogOptions

  /// Opens the directory, queries it, and prints the answer as JSON.
  ///
  /// - Parameters:
  ///   - makesDirectory: whether the directory is created if it does not exist.
  ///   - skipsIfOpen: whether it is no error that another process has it open. Nothing is asked then.
  ///   - served: asks the service, if one is named, in place of the directory. If it fails, the directory is
  ///     asked.
  func withProvider<Answer>(
    _ server: [String], makesDirectory: Bool = true, skipsIfOpen: Bool = false,
    served: ((ServedTrace) throws(ServiceFailure) -> Answer)? = nil,
    _ ask: (TraceProvider) throws(TraceError) -> Answer,
    print: ((Answer, JSONWriter) throws(StreamError) -> Void)? = nil
  ) throws {
    guard !vm.isGiven else {
      throw UsageError("the directories of op-challenger hold files of Cannon's, not of any VM")
    }
    limits.startClock()
    let connect =
      served == nil || input == "-" ? nil : try service.connector(deadline: deadline.seconds())
    var given = try preimages.source(server)
    // With what the service knows, it may not be needed at all.
    given.startsLate = connect != nil
    let session = TraceSession(self, given)
    defer { session.end() }
    if let connect, let served, let print,
      let answer = try session.askService({ () throws(ServiceFailure) in
        try served(try servedTrace(session, connect))
      })
    {
      return try session.print { (json) throws(StreamError) in try print(answer, json) }
    }
    var trace = traceSource(pageLimit: pageLimit) { () throws(PreimageError) in
      try session.openSource()
    }
    let source = session.source
    trace.isChecked = true
    trace.localInputs = { source.localInputs }
    trace.revision = revision.revision
    trace.sourceIdentity = { source.identity }
    let options = options(makesDirectory: makesDirectory)
    try session.ask(skipsIfOpen: skipsIfOpen) { () throws(TraceError) in
      let provider = try TraceProvider(directory: folder, trace, options)
      provider.setInterruption { session.isInterrupted(at: $0) }
      return provider
    } incidents: {
      $0.incidents
    } ask: {
      (provider) throws(TraceError) in
      try ask(provider)
    } print: {
      print
    }
  }

  /// As ``withProvider(_:makesDirectory:skipsIfOpen:_:print:)``, of another VM.
  func withForeignTrace<Answer>(
    _ server: [String], makesDirectory: Bool = true, skipsIfOpen: Bool = false,
    _ ask: (ForeignTrace) throws(TraceError) -> Answer,
    print: ((Answer, JSONWriter) throws(StreamError) -> Void)? = nil
  ) throws {
    try checkForeignFlags()
    limits.startClock()
    guard let vm = try vm.vm(server: server) else { return }
    let isProgram = if case .program = vm { true } else { false }
    guard !isProgram || !preimages.isGiven else {
      throw UsageError("a VM that is a program has pre-images from a server after -- alone")
    }
    var source = try preimages.source(isProgram ? [] : server)
    guard source.cache == nil else {
      throw UsageError("a store has no pre-images of other VMs: leave the flags of the store out")
    }
    source.checksKeys = false
    let session = TraceSession(self, source)
    defer { session.end() }
    let trace = foreignSource(vm, session, isProgram ? server : nil)
    let options = options(makesDirectory: makesDirectory)
    try session.ask(skipsIfOpen: skipsIfOpen) { () throws(TraceError) in
      try ForeignTrace(directory: folder, trace, options)
    } incidents: {
      $0.incidents
    } ask: {
      (trace) throws(TraceError) in
      try ask(trace)
    } print: {
      print
    }
  }

  /// The game of the trace. Its prestate is read, since the service knows it by its claim.
  private func servedTrace(
    _ session: TraceSession, _ connect: () throws(ServiceFailure) -> ServiceConnection
  ) throws(ServiceFailure) -> ServedTrace {
    let connection = try connect()
    do {
      let image = try Inputs.snapshot(input, snapshot, isHashed: true, pageLimit: pageLimit)
      return try ServedTrace(
        connection, prestate: image, in: input, revision: try session.revision(revision, image),
        source: session.source, oracle: try session.openSource())
    } catch let error as ServiceFailure {
      throw error
    } catch { throw ServiceFailure(description: "\(error)") }
  }

  var pageLimit: Int { limits.pageLimit(copies: engine == .check ? 4 : 2) }

  private func options(makesDirectory: Bool) -> TraceOptions {
    var options = TraceOptions(
      snapshotInterval: snapshotInterval, diskBudget: diskBudget.bytes,
      memoryBudget: memoryBudget.bytes, engine: engine)
    options.makesDirectory = makesDirectory
    options.hintLimit = limits.hintLimit.bytes
    options.pageLimit = pageLimit
    return options
  }

  /// Flags of Falconet's own VM say nothing of another.
  private func checkForeignFlags() throws(UsageError) {
    let given = [
      ("--revision", revision.revision != nil), ("--engine", engine != .translator),
      ("--max-memory", limits.maxMemory != nil),
    ].first { $0.1 }
    guard let given else { return }
    throw UsageError("\(given.0) is Falconet's own: leave it out for another VM")
  }

  private func foreignSource(
    _ vm: ForeignVM, _ session: TraceSession, _ programServer: [String]?
  ) -> ForeignTraceSource {
    let (path, stored) = (input, preimages.folder)
    if let programServer {
      return ForeignTraceSource(
        // Programs with Cannon's command line have the same states.
        name: "program", vm: nil,
        identity: programServer.isEmpty
          ? nil : PreimageSource.identity(ofServer: programServer)
      ) { (work) throws(ForeignError) in try vm.open(path, folder: work) }
    }
    let library = if case .library(let library, _) = vm { library } else { ForeignLibrary?.none }
    let hints = ForeignHints()
    return ForeignTraceSource(
      name: vm.name, vm: vm.name, identity: session.source.foreignIdentity, verifier: library,
      hints: hints
    ) { (work) throws(ForeignError) in
      let oracle = SessionOracle(session)
      var host = ForeignHost(oracle, folder: stored, hints: hints)
      host.progress = { !session.isInterrupted(at: $0) }
      return try vm.open(path, folder: work, host: host)
    }
  }
}

extension TraceFolderOptions {
  private func traceSource(
    pageLimit: Int,
    _ preimages: @escaping @Sendable () throws(PreimageError) -> any PreimageOracle
  ) -> TraceSource {
    let reading = snapshot.reading(input, pageLimit: pageLimit)
    guard input == "-" else {
      return TraceSource(prestateFile: input, reading, preimages: preimages)
    }
    return TraceSource(
      prestate: { () throws(StreamError) in
        try Snapshot.loadHashed(from: StandardInputSource(Interruption.cancellation), reading)
      }, preimages: preimages)
  }
}

import ArgumentParser
import FalconetMachine
import FalconetOracle
import FalconetStore
import FalconetStreams
import Logging

struct PrefetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "prefetch", usage: "--plan <file> --preimage-store <directory> [<options>] -- <server> ...",
    abstract: "Fetch the pre-images of a plan into a store, by several hosts side by side.",
    discussion: """
      A run records a plan with --record-plan. Hosts that lock their data need one each: {n} in the \
      command line of the host, which follows --, becomes 1 to --hosts.
      """,
    examples: [
      "falconet prefetch --plan plan --hosts 8 --preimage-store store \\",
      "  -- op-program --server --datadir data{n}",
    ])

  @Option(help: ArgumentHelp("Plan to carry out.", valueName: "file"), completion: .file())
  var plan: String

  @OptionGroup var selection: PlanSelection

  @Option(
    name: .customLong("preimage-store"),
    help: ArgumentHelp(
      "Directory of the store; created if it does not exist.", valueName: "directory"),
    completion: .directory)
  var store: String

  @Option(
    name: .customLong("store-limit"),
    help: ArgumentHelp("Bytes that the store may take.", valueName: "size"))
  var limit = ByteCount(10 << 30)

  @Option(
    name: .customLong("preimage-timeout"),
    help: ArgumentHelp(
      "How long a host may take to answer, such as 90s or 15m; 0 is no limit.", valueName: "time"))
  var hostTimeout = TimeSpan(seconds: 900)

  @OptionGroup var host: HostFlags

  @Option(
    help: ArgumentHelp(
      "Hints that a host gets before a request: the last of each kind, or all.", valueName: "hints")
  )
  var hints = HintPolicy.last

  @Option(
    help: ArgumentHelp(
      """
      How long the command may take, such as 90s, 15m or 4h; after that it ends with exit code \
      3. 0 is no limit (default).
      """, valueName: "time"))
  var timeout: TimeSpan?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Logs") var logs: LogOptions

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    guard !server.isEmpty else { throw UsageError("there is no host: its command follows --") }
    if let timeout { Deadline.set(seconds: timeout.seconds) }
    let loggers = logs.loggers
    let plan = try PlanSelection.read(plan, loggers)
    var source = PreimageSource(
      server: server, folder: nil, locals: [:], timeout: hostTimeout.seconds)
    host.apply(to: &source)
    source.hints = hints
    let hostLogger = loggers.logger("host")
    source.onHostOutput = { hostLogger.log(output: $1) }
    source.onHostRestart = { hostLogger.log($0) }
    var options = StoreOptions(path: store)
    options.limit = limit.bytes
    options.giver = HostName.of(server)
    // Blobs of this very host need not be fetched again.
    options.trusted = [.blob, .precompile]
    let storeLogger = loggers.logger("store")
    options.report = { storeLogger.warning("\($0)") }
    let opened: PreimageStore
    do { opened = try PreimageStore(options) } catch { throw CommandError("\(error)") }
    try report(fetch(plan, source, opened, loggers))
  }

  /// What came of it.
  private struct Result {
    var record = PrefetchRecord()
    var planned = 0
    var seconds = 0.0
    var failure: PrefetchFailure?

    var left: UInt64 { record.planned - min(record.fetched, record.planned) }
  }

  private func fetch(
    _ plan: PreimagePlan, _ source: PreimageSource, _ store: PreimageStore, _ loggers: Loggers
  ) throws(CommandError) -> Result {
    var result = Result()
    result.planned = plan.uniqueKeyCount
    let start = ContinuousClock.now
    var options = selection.options(loggers)
    options.isForRun = false
    let prefetch: Prefetch?
    do throws(PreimageError) {
      prefetch = try Prefetch(source, plan, options, Interruption.cancellation) {
        store.preimage(for: $0) != nil
      }
    } catch { throw CommandError("\(error)") }
    guard let prefetch else { return result }
    let progress = ProgressLine(loggers.console)
    prefetch.start()
    repeat {
      prefetch.wait(atMost: .milliseconds(200))
      for (key, value) in prefetch.takeAll() { store.add(key, value) }
      let record = prefetch.record
      progress.show("fetched \(record.fetched.grouped) of \(record.planned.grouped)")
    } while !prefetch.isFinished && !Interruption.isRequested
    prefetch.stop()
    for (key, value) in prefetch.takeAll() { store.add(key, value) }
    store.flush()
    progress.end()
    if Interruption.isRequested { throw .interrupted }
    result.record = prefetch.record
    result.failure = prefetch.failure
    result.seconds = (.now - start) / .seconds(1)
    return result
  }

  private func report(_ result: Result) throws(CommandError) {
    let record = result.record
    let known = UInt64(result.planned) - min(record.planned, UInt64(result.planned))
    do throws(StreamError) {
      if json {
        let writer = JSONWriter(to: StandardOutputSink())
        try writer.object { () throws(StreamError) in
          try writer.member("planned", result.planned)
          try writer.member("known", known)
          try writer.member("fetched", record.fetched)
          try writer.member("bytes", record.bytes)
          try writer.member("failures", record.failed)
          try writer.member("left", result.left)
          try writer.member("milliseconds", UInt64(result.seconds * 1000))
        }
        try writer.finish()
      } else {
        try OutputFile.print([
          "\(record.fetched) fetched of \(record.bytes) bytes, \(known) known, \(result.left) left"
        ])
      }
    } catch { throw CommandError(error) }
    switch result.failure {
    case .lie, .refused: throw CommandError("\(result.failure.map { "\($0)" } ?? "")")
    case .host(let error) where result.left > 0:
      throw CommandError("some pre-images were not fetched: \(error.withFlag)")
    case .host, nil: break
    }
  }
}

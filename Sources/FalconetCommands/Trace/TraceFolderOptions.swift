import ArgumentParser
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
    help: ArgumentHelp("Snapshot that the trace starts from.", valueName: "snapshot"),
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

  @OptionGroup(title: "Limits") var limits: ResourceLimits
  @OptionGroup var revision: RevisionOption
  @OptionGroup(title: "Pre-images") var preimages: PreimageOptions
  @OptionGroup(title: "Metrics") var metrics: MetricsFlags
  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions
  @OptionGroup(title: "Logs") var logs: LogOptions

  /// The server that serves pre-images, if there is one. Opened, closed and reopened by the
  /// one thread that the command runs on.
  private final class Host: @unchecked Sendable {
    var server: PreimageHost?
  }

  /// Opens the directory, queries it, and prints the answer as JSON.
  ///
  /// - Parameters:
  ///   - makesDirectory: whether the directory is created if it does not exist.
  ///   - skipsIfOpen: whether it is no error that another process has it open. Nothing is asked then.
  func withProvider<Answer>(
    _ server: [String], makesDirectory: Bool = true, skipsIfOpen: Bool = false,
    _ ask: (TraceProvider) throws(TraceError) -> Answer,
    print: ((Answer, JSONWriter) throws(StreamError) -> Void)? = nil
  ) throws {
    limits.startClock()
    let pageLimit = limits.pageLimit(copies: engine == .check ? 4 : 2)
    let loggers = logs.loggers
    let logger = loggers.logger("trace")
    var source = try preimages.source(server)
    let status = HostStatusFile(directory: folder)
    let watch = HostWatch(source.activity, loggers, metrics: metrics.file, status: status)
    source.onWait = { watch.wait() }
    let host = Host()
    defer { host.server?.shutDown(logger) }
    var trace = traceSource(pageLimit: pageLimit) { [source] () throws(PreimageError) in
      _ = host.server?.shutdown()
      do throws(CommandError) {
        let opened = try source.open(loggers)
        host.server = opened.server
        return opened.oracle
      } catch { throw PreimageError(.unreadable, message: error.description) }
    }
    trace.isChecked = true
    trace.localInputs = { [source] in source.localInputs }
    trace.revision = revision.revision
    trace.sourceIdentity = { [source] in source.identity }
    var options = TraceOptions(
      snapshotInterval: snapshotInterval, diskBudget: diskBudget.bytes,
      memoryBudget: memoryBudget.bytes, engine: engine)
    options.makesDirectory = makesDirectory
    options.hintLimit = limits.hintLimit.bytes
    options.pageLimit = pageLimit
    do throws(TraceError) {
      let progress = ProgressLine(loggers.console)
      defer { progress.end() }
      let provider = try TraceWaiting.retry(wait, logger) { () throws(TraceError) in
        try TraceProvider(directory: folder, trace, options)
      }
      provider.setInterruption { step in
        progress.show("executing, step \(step.grouped)\(watch.summary)")
        watch.note(step: step)
        return Interruption.isRequested
      }
      defer {
        for incident in provider.incidents {
          logger.warning(
            incident.movedTo.isEmpty ? "unusable file" : "put in quarantine",
            metadata: ["file": "\(incident.path)", "reason": "\(incident.reason)"])
        }
      }
      let answer: Answer
      do throws(TraceError) { answer = try ask(provider) } catch {
        watch.end()
        throw error
      }
      // On a terminal, the answer comes last.
      watch.end()
      progress.end()
      guard let print else { return }
      do throws(StreamError) {
        let json = JSONWriter(to: OutputFile.standard())
        try print(answer, json)
        try json.finish()
      } catch { throw .file(error) }
    } catch {
      guard case .locked(let path) = error else { throw CommandError(error) }
      guard skipsIfOpen else {
        // What the process does that has the trace open.
        guard let other = status.read() else { throw CommandError(error) }
        throw CommandError("\(error); --wait waits; \(other.text)")
      }
      logger.info(
        "Nothing done: another process has the trace open", metadata: ["path": "\(path)"])
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

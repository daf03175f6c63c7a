import ArgumentParser
import FalconetMachine
import FalconetOracle
import FalconetStreams
import Logging

/// What hosts are asked for ahead, by a plan.
struct PlanSelection: ParsableArguments {
  @Option(
    help: ArgumentHelp("How many hosts fetch side by side.", valueName: "count"))
  var hosts: UInt8 = 1

  @Option(
    name: .customLong("plan-budget"),
    help: ArgumentHelp(
      "The most pre-images that are fetched and not asked for by a run: what a plan costs in vain.",
      valueName: "count"))
  var budget = GoNumber(1_000_000)

  func validate() throws {
    guard hosts > 0 else { throw ValidationError("--hosts 0 fetches nothing: name at least one") }
  }

  func options(_ loggers: Loggers) -> PrefetchOptions {
    var options = PrefetchOptions()
    options.hosts = Int(hosts)
    options.budget = budget.value
    let logger = loggers.logger("prefetch")
    options.report = { logger.warning("\($0)") }
    return options
  }

  /// Reads a plan, as far as it can be read.
  static func read(_ path: String, _ loggers: Loggers) throws(CommandError) -> PreimagePlan {
    do throws(StreamError) {
      let result = try PlanReader.read(from: Inputs.source(path))
      if let fault = result.fault {
        loggers.logger("prefetch").warning(
          "The plan is used as far as it can be read",
          metadata: ["entries": "\(result.plan.items.count)", "err": "\(fault)"])
      }
      return result.plan
    } catch { throw CommandError(error, while: "failed to load the plan") }
  }
}

/// Plans that a run records and carries out.
struct PlanFlags: ParsableArguments {
  @Option(
    name: .customLong("record-plan"),
    help: ArgumentHelp(
      "File for a plan: the hints and keys of the run, in order.", valueName: "file"),
    completion: .file())
  var record = ""

  @Option(
    help: ArgumentHelp(
      """
      Plan to fetch pre-images by, ahead of the run, into the store. {n} in the host's command becomes \
      1 to --hosts, and 0 in that of the run's own host.
      """, valueName: "file"), completion: .file())
  var plan: String?

  @OptionGroup var selection: PlanSelection

  /// - Throws: ``UsageError`` if a plan has no store or no host.
  func check(_ source: PreimageSource) throws(UsageError) {
    guard plan != nil else { return }
    guard case .server = source.origin, source.cache != nil else {
      throw UsageError(
        "--plan needs a host, after --, and a store that takes what it gives: name one with "
          + "--preimage-store")
    }
  }

  func apply(to source: inout PreimageSource, _ loggers: Loggers) throws(CommandError) {
    guard let plan else { return }
    source.plan = try PlanSelection.read(plan, loggers)
    source.prefetch = selection.options(loggers)
  }

  /// What records; nil if nothing is to be.
  func recorder(_ oracle: any PreimageOracle) throws(CommandError) -> PlanRecorder? {
    guard !record.isEmpty else { return nil }
    do throws(StreamError) { return try PlanRecorder(oracle, path: record) } catch {
      throw CommandError(error, while: "failed to write the plan")
    }
  }

  /// Completes what was recorded.
  func finish(_ recorder: PlanRecorder?, _ logger: Logger) {
    do throws(StreamError) { try recorder?.finish() } catch {
      logger.error("Failed to write the plan", metadata: ["err": "\(error)"])
    }
  }
}

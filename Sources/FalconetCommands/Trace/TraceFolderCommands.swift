import ArgumentParser
import FalconetStreams
import FalconetTrace

struct TraceStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "status", under: "falconet trace", usage: "--folder <directory> --input <snapshot> [<options>]",
    abstract: "Print what the directory contains, as JSON.",
    examples: [
      "falconet trace status --folder game --input state.bin.gz"
    ])

  @OptionGroup var trace: TraceFolderOptions
  @OptionGroup var json: AlwaysJSON

  func run() throws {
    if trace.vm.isGiven { return try runForeign() }
    try trace.withProvider([], makesDirectory: false) { (provider) throws(TraceError) in
      if trace.preimages.isGiven { try provider.checkInputs() }
      return (try provider.status(), provider.incidents)
    } print: { (result, json) throws(StreamError) in
      let (status, incidents) = result
      try json.object { () throws(StreamError) in
        try json.member("claims", status.claimCount)
        try json.member("snapshots", array: status.snapshots) { (step) throws(StreamError) in
          try json.number(step)
        }
        try json.member("bytes", status.size)
        try json.member("budget", status.budget)
        try json.key("lastStep")
        if let end = status.end { try json.number(end.index) } else { try json.null() }
        try json.member("putAside", incidents)
        guard let host = HostStatusFile(directory: trace.folder).read() else { return }
        try json.member("host") { () throws(StreamError) in
          try host.writeMembers(to: json, isRunning: false)
        }
      }
    }
  }

  private func runForeign() throws {
    try trace.withForeignTrace([], makesDirectory: false) { (trace) throws(TraceError) in
      (trace.status(), trace.incidents)
    } print: { (result, json) throws(StreamError) in
      let (status, incidents) = result
      try json.object { () throws(StreamError) in
        try json.member("claims", status.claimCount)
        try json.member("snapshots", array: status.snapshots) { (step) throws(StreamError) in
          try json.number(step)
        }
        try json.member("bytes", status.size)
        try json.member("budget", status.budget)
        try json.key("lastStep")
        if let last = status.lastStep { try json.number(last) } else { try json.null() }
        try json.member("putAside", incidents)
      }
    }
  }
}

extension JSONWriter {
  fileprivate func member(_ name: String, _ incidents: [TraceIncident]) throws(StreamError) {
    try member(name, objects: incidents) { (incident) throws(StreamError) in
      try member("file", fileName: incident.path)
      try member("reason", message: incident.reason)
      guard incident.movedTo.isEmpty else {
        return try member("movedTo", fileName: incident.movedTo)
      }
      try key("movedTo")
      try null()
    }
  }
}

struct TraceExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "export", under: "falconet trace",
    usage: "<directory> --folder <directory> --input <snapshot> [<options>]",
    abstract: "Write what is known in op-challenger's layout: proofs, snapshots, last state.",
    examples: [
      "falconet trace export --folder game --input state.bin.gz \\",
      "  --preimages preimages exported",
    ])

  @OptionGroup var trace: TraceFolderOptions

  @Argument(
    help: ArgumentHelp("Directory to write to.", valueName: "directory"), completion: .directory)
  var target: String

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    try trace.withProvider(server, makesDirectory: false) { (provider) throws(TraceError) in
      try provider.export(to: target)
    }
  }
}

struct TraceAdoptCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "adopt", under: "falconet trace",
    usage: "<directory> --folder <directory> --input <snapshot> [<options>]",
    abstract: "Adopt the proofs and snapshots in one of op-challenger's directories.",
    discussion: """
      They must be of the same trace, which is not checked. Each proof must hold by itself, each \
      snapshot must be of the step that its name says, and none may contradict what is known. \
      Those that fail are not adopted. They are attributed to the pre-image source that is given \
      with them, or with the next question; other sources are refused from then on.
      """,
    examples: [
      "falconet trace adopt --folder game-2 --input state.bin.gz \\",
      "  --preimages preimages exported",
    ])

  @OptionGroup var trace: TraceFolderOptions
  @OptionGroup var json: AlwaysJSON

  @Argument(
    help: ArgumentHelp("Directory to read.", valueName: "directory"), completion: .directory)
  var origin: String

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    try trace.withProvider(server) { (provider) throws(TraceError) in
      try provider.adopt(from: origin)
    } print: { (adoption, json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.member("proofs", adoption.proofs)
        try json.member("snapshots", adoption.snapshots)
        try json.member("hasEnd", adoption.hasEnd)
        try json.member("refused", adoption.refused)
      }
    }
  }
}

struct TracePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "prune", under: "falconet trace", usage: "--folder <directory> --input <snapshot> [<options>]",
    abstract: "Delete files until the directory is within its budget.",
    discussion: """
      Files in quarantine are deleted first, then snapshots, then step data. Claims are never \
      deleted. A process that has the directory open keeps it within the budget of its own.
      """,
    examples: [
      "falconet trace prune --folder game --input state.bin.gz --disk-budget 10GiB"
    ])

  @OptionGroup var trace: TraceFolderOptions

  @Flag(help: "Do nothing, with exit code 0, if another process has the directory open.")
  var skipIfOpen = false

  func validate() throws {
    if skipIfOpen && trace.wait {
      throw ValidationError("--wait and --skip-if-open exclude each other")
    }
  }

  func run() throws {
    if trace.vm.isGiven {
      return try trace.withForeignTrace([], makesDirectory: false, skipsIfOpen: skipIfOpen) {
        (trace) throws(TraceError) in
        try trace.prune()
      }
    }
    try trace.withProvider([], makesDirectory: false, skipsIfOpen: skipIfOpen) {
      (provider) throws(TraceError) in
      try provider.prune()
    }
  }
}

struct TraceDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "delete", under: "falconet trace", usage: "--folder <directory>",
    abstract: "Delete the directory of a trace, whatever state it is in.",
    examples: [
      "falconet trace delete --folder game-2"
    ])

  @Option(
    name: [.customLong("folder"), .customLong("dir")],
    help: ArgumentHelp("Directory of the trace.", valueName: "directory"), completion: .directory)
  var folder: String

  @Flag(help: "Wait if another process has the directory open.")
  var wait = false

  func run() throws {
    let logger = Loggers(format: .text, level: .info).logger("trace")
    do throws(TraceError) {
      try TraceWaiting.retry(wait, logger) { () throws(TraceError) in
        try TraceProvider.deleteAll(directory: folder)
      }
    } catch { throw CommandError(error) }
  }
}

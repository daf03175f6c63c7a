import ArgumentParser
import FalconetStreams
import FalconetTrace

struct TraceStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Print what the directory contains, as JSON.")

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
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
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write what is known in op-challenger's layout: proofs, snapshots, last state.")

  @OptionGroup var trace: TraceFolderOptions

  @Argument(help: "Directory to write to.", completion: .directory)
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
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Adopt the proofs and snapshots in one of op-challenger's directories.",
    discussion: """
      They must be of the same trace, which is not checked. Each proof must hold by itself, each \
      snapshot must be of the step that its name says, and none may contradict what is known. \
      Those that fail are not adopted. They are attributed to the pre-image source that is given \
      with them, or with the next question; other sources are refused from then on.
      """)

  @OptionGroup var trace: TraceFolderOptions

  @Argument(help: "Directory to read.", completion: .directory)
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
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Delete files until the directory is within its budget.",
    discussion: """
      Files in quarantine are deleted first, then snapshots, then step data. Claims are never \
      deleted.
      """)

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([], makesDirectory: false) { (provider) throws(TraceError) in
      try provider.prune()
    }
  }
}

struct TraceDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete the directory of a trace, whatever state it is in.")

  @Option(help: "Directory of the trace.", completion: .directory)
  var folder: String

  func run() throws {
    do throws(TraceError) { try TraceProvider.deleteAll(directory: folder) } catch {
      throw CommandError(error)
    }
  }
}

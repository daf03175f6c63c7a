import ArgumentParser
import Falconet

struct TraceStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Print what the folder holds, as JSON.")

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([], makesFolder: false) { (provider) throws(TraceError) in
      (try provider.status(), provider.incidents)
    } print: { (result, json) throws(StreamError) in
      let (status, incidents) = result
      try json.object { () throws(StreamError) in
        try json.key("claims")
        try json.number(status.claimCount)
        try json.key("snapshots")
        try json.beginArray()
        for step in status.snapshots { try json.number(step) }
        try json.endArray()
        try json.key("bytes")
        try json.number(status.size)
        try json.key("budget")
        try json.number(status.budget)
        try json.key("lastStep")
        if let end = status.end { try json.number(end.index) } else { try json.null() }
        try json.key("putAside")
        try json.incidents(incidents)
      }
    }
  }
}

extension JSONWriter {
  fileprivate func incidents(_ incidents: [TraceIncident]) throws(StreamError) {
    try list(incidents, isSingle: false) { (incident) throws(StreamError) in
      try key("file")
      try string(incident.path)
      try key("reason")
      try string(incident.reason)
      try key("movedTo")
      if incident.movedTo.isEmpty { try null() } else { try string(incident.movedTo) }
    }
  }
}

struct TraceExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write what is known as op-challenger keeps it: proofs, snapshots, last state.")

  @OptionGroup var trace: TraceFolderOptions

  @Argument(help: "Folder to write to.", completion: .directory)
  var target: String

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    try trace.withProvider(server, makesFolder: false) { (provider) throws(TraceError) in
      try provider.export(to: target)
    }
  }
}

struct TraceAdoptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Take over the proofs and snapshots of a folder that op-challenger keeps.",
    discussion: """
      They must be of the same trace: that is not checked. Each proof must hold by itself, each \
      snapshot must be of the step that its name says, and none may contradict what is known. What \
      fails that is left out.
      """)

  @OptionGroup var trace: TraceFolderOptions

  @Argument(help: "Folder to read.", completion: .directory)
  var origin: String

  func run() throws {
    try trace.withProvider([]) { (provider) throws(TraceError) in
      try provider.adopt(from: origin)
    } print: { (adoption, json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.key("proofs")
        try json.number(adoption.proofs)
        try json.key("snapshots")
        try json.number(adoption.snapshots)
        try json.key("hasEnd")
        try json.bool(adoption.hasEnd)
        try json.key("refused")
        try json.incidents(adoption.refused)
      }
    }
  }
}

struct TracePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Give up files until the folder is within its budget.",
    discussion: """
      What was put aside goes first, then snapshots, then step data. Claims are kept.
      """)

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([], makesFolder: false) { (provider) throws(TraceError) in
      try provider.prune()
    }
  }
}

struct TraceDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete the folder of a trace, whatever state it is in.")

  @Option(help: "Folder of the trace.", completion: .directory)
  var folder: String

  func run() throws {
    do throws(TraceError) { try TraceProvider.deleteAll(folder: folder) } catch {
      throw CommandError(error)
    }
  }
}

import ArgumentParser
import Falconet

struct TraceStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Print what the folder holds, as JSON.")

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([]) { (provider) throws(TraceError) in
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
        try json.key("lastStep")
        if let end = status.end { try json.number(end.index) } else { try json.null() }
        try json.key("putAside")
        try json.beginArray()
        for incident in incidents {
          try json.object { () throws(StreamError) in
            try json.key("file")
            try json.string(incident.path)
            try json.key("reason")
            try json.string(incident.reason)
            try json.key("movedTo")
            try json.string(incident.movedTo)
          }
        }
        try json.endArray()
      }
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
    try trace.withProvider(server) { (provider) throws(TraceError) in
      try provider.export(to: target)
    }
  }
}

struct TraceAdoptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Take over the proofs and snapshots of a folder that op-challenger keeps.",
    discussion: """
      They must be of the same trace: that is not checked. Each proof must hold by itself, and each \
      snapshot must be of the step that its name says.
      """)

  @OptionGroup var trace: TraceFolderOptions

  @Argument(help: "Folder to read.", completion: .directory)
  var origin: String

  func run() throws {
    try trace.withProvider([]) { (provider) throws(TraceError) in
      try provider.adopt(from: origin)
    } print: { (counts, json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.key("proofs")
        try json.number(counts.proofs)
        try json.key("snapshots")
        try json.number(counts.snapshots)
      }
    }
  }
}

struct TracePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Give up snapshots until the folder is within its budget.")

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([]) { (provider) throws(TraceError) in try provider.prune() }
  }
}

struct TraceDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete all that was written into the folder.")

  @OptionGroup var trace: TraceFolderOptions

  func run() throws {
    try trace.withProvider([]) { (provider) throws(TraceError) in try provider.deleteAll() }
  }
}

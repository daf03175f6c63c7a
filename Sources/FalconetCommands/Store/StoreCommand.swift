import ArgumentParser
import FalconetMachine
import FalconetOracle
import FalconetStore
import FalconetStreams

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "store", usage: "<subcommand>",
    abstract: "Look at, fill, check and reduce a store of pre-images that runs share.",
    examples: [
      "falconet store import --preimage-store store preimages",
      "falconet store status --preimage-store store",
    ],
    subcommands: [
      StoreStatusCommand.self, StoreImportCommand.self, StoreExportCommand.self,
      StoreCheckCommand.self, StorePruneCommand.self,
    ])
}

/// The store that a command uses.
struct StoreSelection: ParsableArguments {
  @Option(
    name: .customLong("preimage-store"),
    help: ArgumentHelp("Directory of the store.", valueName: "directory"), completion: .directory)
  var path: String

  @Flag(help: "Print JSON.")
  var json = false

  /// Opens the store.
  ///
  /// - Parameters:
  ///   - makes: whether it is made if it does not exist.
  ///   - host: the program that answers for pre-images which cannot be checked, and its first words.
  func open(
    makes: Bool = false, limit: ByteCount? = nil, host: String? = nil
  ) throws(CommandError) -> PreimageStore {
    var options = StoreOptions(path: path)
    // Only a command that is given a limit evicts.
    options.limit = limit?.bytes ?? .max
    options.giver = host.flatMap { HostName.of($0.split(separator: " ").map(String.init)) }
    let logger = Loggers(format: .text, level: .info).logger("store")
    options.report = { logger.warning("\($0)") }
    do { return try PreimageStore(options, makes: makes) } catch { throw CommandError("\(error)") }
  }

  /// Prints the result.
  func print(
    _ lines: [String], _ members: (JSONWriter) throws(StreamError) -> Void
  ) throws(CommandError) {
    do throws(StreamError) {
      guard json else { return try OutputFile.print(lines) }
      let writer = JSONWriter(to: StandardOutputSink())
      try writer.object { () throws(StreamError) in try members(writer) }
      try writer.finish()
    } catch { throw CommandError(error) }
  }
}

struct StoreStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "status", under: "falconet store", usage: "--preimage-store <directory> [<options>]",
    abstract: "Show what the store has, and who gave it.",
    examples: [
      "falconet store status --preimage-store store",
      "falconet store status --json --preimage-store store",
    ])

  @OptionGroup var store: StoreSelection

  func run() throws {
    let status: StoreStatus
    do { status = try store.open().status() } catch let error as StoreError {
      throw CommandError("\(error)")
    }
    var lines = [
      "\(status.count) pre-images of \(status.bytes) bytes, \(status.fileBytes) bytes on disk"
    ]
    for part in status.parts {
      let giver = part.giver.map { ", given by \($0)" } ?? ""
      lines.append("  \(Self.name(part.type)): \(part.count) of \(part.bytes) bytes\(giver)")
    }
    try store.print(lines) { (json) throws(StreamError) in
      try json.member("format", status.format)
      try json.member("preimages", status.count)
      try json.member("bytes", status.bytes)
      try json.member("fileBytes", status.fileBytes)
      if let use = status.oldestUse { try json.member("oldestUse", use) }
      if let use = status.newestUse { try json.member("newestUse", use) }
      try json.member("parts", objects: status.parts) { (part) throws(StreamError) in
        try json.member("type", Self.name(part.type))
        try json.member("preimages", part.count)
        try json.member("bytes", part.bytes)
        if let giver = part.giver { try json.member("host", fileName: giver) }
      }
    }
  }

  private static func name(_ type: UInt8) -> String {
    switch PreimageKeyType(rawValue: type) {
    case .keccak256: "keccak"
    case .sha256: "sha256"
    case .blob: "blob"
    case .precompile: "precompile"
    case .local, .global, nil: "type \(type)"
    }
  }
}

struct StoreImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "import", under: "falconet store",
    usage: "<directory> ... --preimage-store <directory> [<options>]",
    abstract: "Add the pre-images of directories that hosts or recorded runs wrote.",
    discussion: """
      Reads files in each of their layouts, and the databases of Kona's host (RocksDB) and of \
      op-program (pebble).

      Keccak and SHA-256 pre-images are compared with their keys. Blobs and results of precompiles \
      cannot be: they are added if --host names the program that wrote them, and go only to runs \
      with that host that trust them. Local inputs are never added.
      """,
    examples: [
      "falconet store import --preimage-store store preimages"
    ])

  @OptionGroup var store: StoreSelection

  @Option(
    name: .customLong("store-limit"),
    help: ArgumentHelp("Bytes that the store may take.", valueName: "size"))
  var limit = ByteCount(10 << 30)

  @Option(
    help: ArgumentHelp(
      "Program, and its words before the first flag, that wrote the directories.",
      valueName: "command"))
  var host: String?

  @Argument(
    help: ArgumentHelp("Directories to read.", valueName: "directory"), completion: .directory)
  var directories: [String]

  func run() throws {
    let opened = try store.open(makes: true, limit: limit, host: host)
    var total = StoreImport()
    for directory in directories {
      do {
        total.add(try opened.importDirectory(directory) { Interruption.isRequested })
      } catch { throw CommandError("\(error)") }
      if Interruption.isRequested { throw CommandError.interrupted }
    }
    let lines =
      [
        "\(total.added) added, \(total.known) known, \(total.notStored) left out, "
          + "\(total.wrong.count) wrong"
      ] + (total.wrong + total.unreadable).map { "  \($0)" }
    try store.print(lines) { (json) throws(StreamError) in
      try json.member("added", total.added)
      try json.member("known", total.known)
      try json.member("leftOut", total.notStored)
      try json.member("wrong", array: total.wrong) { (text) throws(StreamError) in
        try json.string(text.readableFileName)
      }
      try json.member("unreadable", array: total.unreadable) { (text) throws(StreamError) in
        try json.string(text.readableFileName)
      }
    }
    guard total.unreadable.isEmpty else {
      throw CommandError(
        "some files of a database could not be read: what they have comes into the store by a run "
          + "with their host")
    }
    guard total.wrong.isEmpty else {
      throw CommandError("some pre-images are not their keys', and were not added")
    }
  }
}

struct StoreExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "export", under: "falconet store",
    usage: "<directory> --preimage-store <directory> [<options>]",
    abstract: "Write the pre-images to a directory, in the layout \"file\" of hosts.",
    examples: [
      "falconet store export --preimage-store store exported-preimages"
    ])

  @OptionGroup var store: StoreSelection

  @Option(
    help: ArgumentHelp(
      "Program, and its words before the first flag, whose blobs and results are included.",
      valueName: "command"))
  var host: String?

  @Argument(help: "Directory to write to.", completion: .directory)
  var directory: String

  func run() throws {
    let count: Int
    do { count = try store.open(host: host).export(to: directory) } catch let error as StoreError {
      throw CommandError("\(error)")
    }
    try store.print(["\(count) written"]) { (json) throws(StreamError) in
      try json.member("written", count)
    }
  }
}

struct StoreCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "check", under: "falconet store", usage: "--preimage-store <directory> [<options>]",
    abstract: "Check the database and each pre-image, and remove those that are wrong.",
    examples: [
      "falconet store check --preimage-store store"
    ])

  @OptionGroup var store: StoreSelection

  func run() throws {
    let result: StoreCheck
    do { result = try store.open().check() } catch let error as StoreError {
      throw CommandError("\(error)")
    }
    let lines =
      ["\(result.right) right, \(result.removed.count) wrong and removed"]
      + result.removed.map { "  \($0)" }
    try store.print(lines) { (json) throws(StreamError) in
      try json.member("right", result.right)
      try json.member("removed", array: result.removed) { (key) throws(StreamError) in
        try json.string(key)
      }
    }
    guard result.removed.isEmpty else { throw CommandError("some pre-images were wrong") }
  }
}

struct StorePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "prune", under: "falconet store",
    usage: "--preimage-store <directory> --store-limit <size> [<options>]",
    abstract: "Evict what was not used for longest, and return the room to the file system.",
    examples: [
      "falconet store prune --preimage-store store --store-limit 2GiB"
    ])

  @OptionGroup var store: StoreSelection

  @Option(
    name: .customLong("store-limit"),
    help: ArgumentHelp("Bytes that the store may take afterwards.", valueName: "size"))
  var limit: ByteCount

  func run() throws {
    let status: StoreStatus
    do {
      let opened = try store.open()
      try opened.prune(to: limit.bytes)
      status = try opened.status()
    } catch let error as StoreError { throw CommandError("\(error)") }
    try store.print(["\(status.count) pre-images left, \(status.fileBytes) bytes on disk"]) {
      (json) throws(StreamError) in
      try json.member("preimages", status.count)
      try json.member("fileBytes", status.fileBytes)
    }
  }
}

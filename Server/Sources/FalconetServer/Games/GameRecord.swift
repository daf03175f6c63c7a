import Falconet

/// What defines a game: the trace of a prestate, with its inputs. It is stored as `game.json`.
struct GameRecord: Sendable, Equatable {
  enum Preimages: Sendable, Equatable {
    case none
    /// A directory below a root.
    case directory(String)
    /// A host of the configuration, by name.
    case host(String)
    /// The client that asks serves them. The text names its source, as a server's command line does.
    case client(String)
  }

  var prestate: String
  var preimages = Preimages.none
  var revision: String?
  var diskBudget: UInt64?
  /// A path below a root: the ELF file that names the functions, for people. Equal games may name others.
  var program: String?
  /// A name for people.
  var label: String?

  /// The same for equal games, so that a client that opens one twice gets the same.
  var id: String {
    let text = JSON.object([
      "prestate": .string(prestate), "preimages": preimages.json,
      "revision": revision.map { .string($0) },
    ]).bytes
    return hex(PreimageKey.keccak256(of: text).bytes[1..<17])
  }

  var json: JSON {
    .object([
      "prestate": .string(prestate), "preimages": preimages.json,
      "revision": revision.map { .string($0) }, "diskBudget": diskBudget.map { .count($0) },
      "label": label.map { .string($0) }, "program": program.map { .string($0) },
    ])
  }

  /// Reads what a client sent, or what was stored.
  init(_ json: JSON) throws(ServiceError) {
    guard case .object(let members) = json else { throw .badRequest("the game must be an object") }
    var prestate: String?
    for member in members {
      switch (member.name, member.value) {
      case ("prestate", .string(let text)):
        guard let claim = Claim(text) else {
          throw .badRequest("prestate must be a claim, in hexadecimal")
        }
        prestate = claim.description
      case ("preimages", let value): preimages = try Preimages(value)
      case ("revision", .string(let text)): revision = text
      case ("diskBudget", .count(let count)):
        guard count >= 1 << 20 else {
          throw .badRequest("diskBudget is less than 1 MiB, which no trace can keep")
        }
        diskBudget = count
      case ("label", .string(let text)):
        guard text.utf8.count <= 200 else { throw .badRequest("label is longer than 200 bytes") }
        label = text
      case ("program", .string(let text)):
        guard text.hasPrefix("/"), text.utf8.count <= 4096 else {
          throw .badRequest("program must be an absolute path")
        }
        program = text
      case ("prestate", _), ("revision", _), ("diskBudget", _), ("label", _), ("program", _):
        throw .badRequest("\(member.name) has a value of another type than the description says")
      default:
        throw .badRequest(
          "\(member.name.prefix(100)) is no member of a game",
          remedy: "use prestate, preimages, revision, diskBudget, program and label")
      }
    }
    guard let prestate else { throw .badRequest("prestate is missing", remedy: "give its claim") }
    self.prestate = prestate
  }
}

extension GameRecord.Preimages {
  var json: JSON {
    switch self {
    case .none: .object(["from": .string("none")])
    case .directory(let path): .object(["from": .string("directory"), "path": .string(path)])
    case .host(let name): .object(["from": .string("host"), "host": .string(name)])
    case .client(let identity):
      .object(["from": .string("client"), "identity": .string(identity)])
    }
  }

  init(_ json: JSON) throws(ServiceError) {
    guard case .object(let members) = json, case .string(let from)? = json["from"] else {
      throw .badRequest("preimages must be an object with 'from'")
    }
    func text(_ name: String) throws(ServiceError) -> String {
      guard case .string(let text)? = json[name], !text.isEmpty, text.utf8.count <= 65536 else {
        throw .badRequest("preimages from '\(from)' need '\(name)', a text")
      }
      return text
    }
    let known: Set<String>
    switch from {
    case "none": (self, known) = (.none, [])
    case "directory": (self, known) = (.directory(try text("path")), ["path"])
    case "host": (self, known) = (.host(try text("host")), ["host"])
    case "client": (self, known) = (.client(try text("identity")), ["identity"])
    default:
      throw .badRequest(
        "preimages cannot come from this", remedy: "use none, directory, host or client")
    }
    if let other = members.first(where: { $0.name != "from" && !known.contains($0.name) }) {
      throw .badRequest("\(other.name.prefix(100)) is no member of preimages from '\(from)'")
    }
  }
}

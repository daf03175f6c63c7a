import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak

/// Asks the service for states of a game, and serves it the pre-images that they need.
struct ServiceClient {
  private let connection: ServiceConnection
  private let oracle: any PreimageOracle

  /// - Parameter oracle: what serves the service.
  init(_ connection: ServiceConnection, serving oracle: any PreimageOracle) {
    self.connection = connection
    self.oracle = oracle
  }

  /// A state that was asked for.
  struct State {
    let step: UInt64
    /// What a new host must get first.
    let lastHint: [UInt8]?
  }

  /// What a question's query says: to return a job at once, so that the client can serve it, and the deadline.
  var patience: String { "wait=0" + (connection.deadline.map { "&deadline=\($0)" } ?? "") }

  // MARK: Games

  /// Opens the game of a prestate, which the service gets if it does not have it.
  ///
  /// - Parameters:
  ///   - path: the prestate's file.
  ///   - identity: what names the source of pre-images; nil if there is none.
  /// - Returns: the game's name.
  func open(
    prestate claim: Bytes32, in path: String, identity: String?, revision: String
  ) throws(ServiceFailure) -> String {
    let definition = try ServiceText.object { (json) throws(StreamError) in
      try json.member("prestate", hex: claim.bytes)
      try json.member("preimages") { () throws(StreamError) in
        try json.member("from", identity == nil ? "none" : "client")
        if let identity { try json.member("identity", identity) }
      }
      try json.member("revision", revision)
    }
    var response = try connection.ask("POST", "/v1/games", definition)
    if response.status == 404 {
      let upload = try connection.upload(path, to: "/v1/prestates")
      try Self.check(upload)
      guard try ServiceText.members(upload.body)["claim"] == Hex.encode(claim.bytes, prefix: true)
      else {
        throw ServiceFailure(description: "the service computes another claim of \(path)")
      }
      response = try connection.ask("POST", "/v1/games", definition)
    }
    try Self.check(response)
    guard let game = try ServiceText.members(response.body)["game"] else {
      throw ServiceFailure(description: "the service names no game")
    }
    return game
  }

  /// Whether a game has a state with a claim after some steps, as far as the service knows without
  /// executing.
  func knows(_ claim: Bytes32, at index: UInt64, of game: String) throws(ServiceFailure) -> Bool {
    let response = try connection.ask("GET", "/v1/games/\(game)/claims/\(index)?wait=0.2")
    guard response.status == 200 else { return false }
    return try ServiceText.members(response.body)["claim"] == Hex.encode(claim.bytes, prefix: true)
  }

  /// Asks a question of a game. If steps must be executed, the service gets its pre-images here.
  func answer(
    _ method: String, _ path: String, _ body: [UInt8] = []
  ) throws(ServiceFailure) -> ServiceConnection.Response {
    var response = try connection.ask(method, path, body)
    if response.status == 202 {
      guard let job = try ServiceText.members(response.body)["job"] else {
        throw ServiceFailure(description: "the service names no job")
      }
      try serve(job)
      response = try connection.ask("GET", "/v1/jobs/\(job)/result")
    }
    try Self.check(response)
    guard response.status == 200 else {
      throw ServiceFailure(description: "the service sent no answer")
    }
    return response
  }

  // MARK: States

  /// Gets the state after some steps. If they must be executed, the service gets its pre-images here.
  ///
  /// - Parameter take: takes the snapshot's bytes, in `.fsnap` format.
  func state(
    after steps: UInt64, of game: String, _ take: ([UInt8]) throws(ServiceFailure) -> Void
  ) throws(ServiceFailure) -> State {
    try withoutActuallyEscaping(take) { (take) throws(ServiceFailure) in
      var response = try connection.ask(
        "GET", "/v1/games/\(game)/states/\(steps)?\(patience)", file: take)
      if response.status == 202 {
        guard let job = try ServiceText.members(response.body)["job"] else {
          throw ServiceFailure(description: "the service names no job")
        }
        try serve(job)
        response = try connection.ask("GET", "/v1/jobs/\(job)/result", file: take)
      }
      try Self.check(response)
      guard response.status == 200,
        let step = response.headers["falconet-step"].flatMap({ UInt64($0) })
      else { throw ServiceFailure(description: "the service sent no state") }
      return State(
        step: step,
        lastHint: response.headers["falconet-last-hint"].flatMap {
          Hex.decode(utf8: Array($0.utf8))
        })
    }
  }

  /// Serves pre-images until a job ends.
  private func serve(_ job: String) throws(ServiceFailure) {
    var oracle = oracle
    var query = "wait=10"
    var body: [UInt8] = []
    while true {
      var response = try connection.ask(
        "POST", "/v1/jobs/\(job)/exchange?\(query)", type: "application/octet-stream", body)
      if response.status == 409 {
        // Games without pre-images, or with the service's own, have nothing to exchange.
        response = try connection.ask("GET", "/v1/jobs/\(job)?wait=10")
      }
      try Self.check(response)
      let members = try ServiceText.members(response.body)
      if members["status"] == "done" || members["status"] == "failed" { return }
      (query, body) = ("wait=10", [])
      guard let number = members["request"] else { continue }
      query += "&request=\(number)&result="
      do throws(PreimageError) {
        if let key = members["preimage"].flatMap({ Hex.decode(utf8: Array($0.utf8)) }),
          let key = Bytes32(key)
        {
          body = try oracle.preimage(for: key)
          query += "value"
        } else if let hint = members["hint"].flatMap({ Hex.decode(utf8: Array($0.utf8)) }) {
          if oracle.takesHints { try oracle.hint(hint) }
          query += "taken"
        } else {
          throw PreimageError(.unreadable, message: "the service asks for something unknown")
        }
      } catch {
        query += error.kind == .missing ? "missing" : "failed"
        body = Array("\(error)".utf8)
      }
    }
  }

  /// Throws what the service says is wrong.
  static func check(_ response: ServiceConnection.Response) throws(ServiceFailure) {
    guard response.status >= 400 else { return }
    let message = (try? ServiceText.members(response.body)["error.message"]) ?? nil
    throw ServiceFailure(
      description: "status \(response.status)\(message.map { ": \($0)" } ?? "")",
      status: response.status)
  }
}

/// The JSON that the service and its client exchange.
enum ServiceText {
  static func object(
    _ body: (JSONWriter) throws(StreamError) -> Void
  ) throws(ServiceFailure) -> [UInt8] {
    do throws(StreamError) {
      let sink = MemorySink()
      let json = JSONWriter(to: sink, style: .compact)
      try json.object { () throws(StreamError) in try body(json) }
      try json.finish()
      return sink.bytes
    } catch { throw ServiceFailure(description: "\(error)") }
  }

  /// The texts and whole numbers of an object, and of the objects in it, with their paths as names:
  /// `error.message`.
  static func members(_ bytes: [UInt8]) throws(ServiceFailure) -> [String: String] {
    do throws(StreamError) {
      let json = JSONReader(ByteReader(MemorySource(bytes, name: "the service's response")))
      var members: [String: String] = [:]
      try read(json, "", &members)
      return members
    } catch { throw ServiceFailure(description: "\(error)") }
  }

  /// The members of each object in the array `answers`.
  static func answers(_ bytes: [UInt8]) throws(ServiceFailure) -> [[String: String]] {
    do throws(StreamError) {
      let json = JSONReader(ByteReader(MemorySource(bytes, name: "the service's response")))
      var answers: [[String: String]] = []
      try json.beginObject()
      while let key = try json.nextKey() {
        guard key == "answers" else {
          try json.skipValue()
          continue
        }
        try json.beginArray()
        while try json.nextElement() {
          var members: [String: String] = [:]
          try read(json, "", &members)
          answers.append(members)
        }
      }
      return answers
    } catch { throw ServiceFailure(description: "\(error)") }
  }

  /// The names of whole numbers that the client reads.
  private static let numbers: Set<String> = [
    "request", "index", "offset", "step", "stateVersion", "exitCode",
  ]

  private static func read(
    _ json: JSONReader, _ prefix: String, _ members: inout [String: String]
  ) throws(StreamError) {
    try json.beginObject()
    while let key = try json.nextKey() {
      switch try json.peekKind() {
      case .string: members[prefix + key] = try json.readString(maxBytes: 64 << 20)
      case .object where prefix.isEmpty: try read(json, key + ".", &members)
      case .number where numbers.contains(key):
        members[prefix + key] = "\(try json.readUInt64())"
      case .bool: members[prefix + key] = try json.readBool() ? "true" : "false"
      // The client reads no other number.
      default: try json.skipValue()
      }
    }
  }
}

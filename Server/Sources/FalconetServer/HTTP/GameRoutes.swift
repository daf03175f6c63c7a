extension Route {
  static let games = [
    Route("GET", "/v1/games") { ask in
      try ask.checkQuery([])
      return .json(.object(["games": .array(ask.service.games.map(\.json))]))
    },
    Route("POST", "/v1/games") { ask in
      try ask.checkQuery([])
      var json = try await ask.object([])
      var deadline: JSON?
      // It is no part of what defines a game.
      if case .object(let members) = json {
        deadline = json["deadline"]
        json = .object(members.filter { $0.name != "deadline" })
      }
      let seconds = try deadline.map { value throws(ServiceError) in try Self.deadline(value) }
      let (game, isNew) = try ask.service.open(try GameRecord(json))
      if let seconds { try game.set(deadline: seconds) }
      return .json(game.json, status: isNew ? 201 : 200)
    },
    Route("GET", "/v1/games/{game}") { ask in
      .json(try ask.service.game(ask.parameter("game")).json)
    },
    Route("PUT", "/v1/games/{game}/deadline") { ask in
      let json = try await ask.object(["deadline"])
      guard let value = json["deadline"] else {
        throw ServiceError.badRequest("deadline is missing", remedy: "give a number of seconds")
      }
      let seconds = try Self.deadline(value)
      let game = try ask.service.game(ask.parameter("game"))
      try game.set(deadline: seconds)
      return .json(game.json)
    },
    Route("DELETE", "/v1/games/{game}/deadline") { ask in
      let game = try ask.service.game(ask.parameter("game"))
      try game.set(deadline: nil)
      return .json(game.json)
    },
    Route("DELETE", "/v1/games/{game}") { ask in
      try ask.service.delete(try ask.service.game(ask.parameter("game")))
      return .json(.object(["deleted": .bool(true)]))
    },
  ]

  /// Seconds until a game's clock runs out.
  private static func deadline(_ json: JSON) throws(ServiceError) -> Double {
    let seconds: Double? =
      switch json {
      case .count(let value): Double(value)
      case .number(let value): value
      default: nil
      }
    guard let seconds, (0...GameDeadline.limit).contains(seconds) else {
      throw .badRequest("deadline must be a number of seconds from now, at most 10000000")
    }
    return seconds
  }

  static let questions = [
    Route("GET", "/v1/games/{game}/claims/{index}") { ask in
      try await one(ask, .claims([ask.index("index")]))
    },
    Route("POST", "/v1/games/{game}/claims") { ask in
      try await many(ask) { .claims($0) }
    },
    Route("GET", "/v1/games/{game}/proofs/{index}") { ask in
      try await one(ask, .proofs([ask.index("index")]))
    },
    Route("POST", "/v1/games/{game}/proofs") { ask in
      try await many(ask) { .proofs($0) }
    },
    Route("GET", "/v1/games/{game}/last") { ask in try await one(ask, .last) },
    Route("GET", "/v1/games/{game}/states/{step}") { ask in
      try await one(ask, .state(ask.index("step")))
    },
    Route("GET", "/v1/games/{game}/views/{step}") { ask in
      try await one(
        ask, .view(ask.index("step"), memory: try ask.address("memory")), also: ["memory"])
    },
    Route("GET", "/v1/games/{game}/stacks/{step}") { ask in
      let samples = Int(try ask.count("samples", 1...1024) ?? 256)
      return try await one(
        ask, .stacks(try stretch(ask), samples: samples), also: ["steps", "samples"])
    },
    Route("GET", "/v1/games/{game}/events/{step}") { ask in
      let limit = Int(try ask.count("limit", 1...10_000) ?? 1000)
      let kind = try ask.query["kind"].map { text throws(ServiceError) in
        guard let kind = EventCounts.Kind(rawValue: text) else {
          throw .badRequest("kind must be systemCall, preimage, hint or thread")
        }
        return kind
      }
      return try await one(
        ask, .events(try stretch(ask), limit: limit, kind: kind), also: ["steps", "limit", "kind"])
    },
    Route("GET", "/v1/games/{game}/profiles/{step}") { ask in
      let name = ask.query["format"] ?? "svg"
      guard let kind = ProfileKind(rawValue: name) else {
        throw ServiceError.badRequest("format must be svg, pprof or folded")
      }
      return try await one(
        ask, .profile(try stretch(ask), format: kind), also: ["steps", "format"])
    },
    Route("GET", "/v1/games/{game}/search") { ask in
      try await one(ask, .search(try search(ask)), also: ["from", "back", "for", "value"])
    },
    Route("GET", "/v1/games/{game}/snapshots") { ask in try await one(ask, .snapshots) },
  ]

  /// The most indices of a question.
  private static let indexLimit = 10_000

  /// A question about one index: the answer stands alone.
  private static func one(
    _ ask: Ask, _ question: Question, also names: Set<String> = []
  ) async throws -> Answer {
    try ask.checkQuery(names.union(["wait", "deadline"]))
    let limits = ask.service.limits
    return try await reply(
      ask, question, wait: try ask.seconds("wait", most: limits.wait) ?? limits.wait,
      deadline: try ask.seconds("deadline"))
  }

  /// Steps from the one in the path, up to the end if the query does not say how many.
  private static func stretch(_ ask: Ask) throws(ServiceError) -> Stretch {
    let from = try ask.index("step")
    return Stretch(from: from, steps: try ask.count("steps", 1...UInt64.max) ?? .max - from)
  }

  private static func search(_ ask: Ask) throws(ServiceError) -> Search {
    let value = ask.query["value"] ?? ""
    let target: Search.Target
    switch ask.query["for"] {
    case "address":
      guard let pc = try ask.address("value") else { throw .badRequest("value is missing") }
      target = .address(pc)
    case "function":
      guard !value.isEmpty, value.utf8.count <= 1000 else {
        throw .badRequest("value must be the name of a function")
      }
      target = .function(value)
    case "claim": target = .claim(value)
    case "systemCall": target = .systemCall
    case "preimage": target = .preimage
    case "thread": target = .threadSwitch
    case "event": target = .event
    default:
      throw .badRequest(
        "for must be address, function, claim, systemCall, preimage, thread or event")
    }
    return Search(
      target: target, from: try ask.count("from", 0...UInt64.max) ?? 0,
      isBackward: ask.query["back"] == "1")
  }

  /// A question about many indices.
  private static func many(
    _ ask: Ask, _ question: ([UInt64]) -> Question
  ) async throws -> Answer {
    try ask.checkQuery([])
    let limits = ask.service.limits
    let json = try await ask.object(["indices", "wait", "deadline"])
    guard case .array(let values)? = json["indices"], !values.isEmpty else {
      throw ServiceError.badRequest("indices is missing", remedy: "give an array of whole numbers")
    }
    guard values.count <= indexLimit else {
      throw ServiceError.badRequest("more than \(indexLimit) indices", remedy: "ask in parts")
    }
    let indices = try values.map { value throws(ServiceError) -> UInt64 in
      guard case .count(let index) = value else {
        throw .badRequest("indices must be whole numbers below 2^64")
      }
      return index
    }
    func seconds(_ name: String) throws(ServiceError) -> Duration? {
      switch json[name] {
      case nil: return nil
      case .count(let value)?: return try Ask.duration(Double(value), name)
      case .number(let value)?: return try Ask.duration(value, name)
      default: throw Ask.noTime(name)
      }
    }
    return try await reply(
      ask, question(indices), wait: min(try seconds("wait") ?? limits.wait, limits.wait),
      deadline: try seconds("deadline"))
  }

  private static func reply(
    _ ask: Ask, _ question: Question, wait: Duration, deadline: Duration?
  ) async throws -> Answer {
    let game = try ask.service.game(ask.parameter("game"))
    let (known, job) = try ask.service.ask(question, of: game, deadline: deadline)
    if let known { return answer(.json(known), to: question, isOne: ask.path["index"] != nil) }
    guard let job, let reply = await job.reply(within: wait) else {
      // The client polls, or follows the events.
      var answer = Answer.json(job?.json ?? .null, status: 202)
      if let job { answer.headers.append(("location", "/v1/jobs/\(job.id)")) }
      return answer
    }
    return answer(try reply.get(), to: question, isOne: ask.path["index"] != nil)
  }

  /// - Parameter isOne: whether an array of one answer stands for that answer.
  static func answer(_ reply: Reply, to question: Question, isOne: Bool) -> Answer {
    switch reply {
    case .file(let path, let headers):
      Answer(type: "application/octet-stream", headers: headers, body: .file(path))
    case .json(.array(let answers)) where isOne && answers.count == 1: .json(answers[0])
    case .json(.array(let answers)): .json(.object(["answers": .array(answers)]))
    case .json(let json): .json(json)
    }
  }
}

import Falconet

extension Route {
  static let jobs = [
    Route("GET", "/v1/jobs/{job}") { ask in
      try ask.checkQuery(["wait"])
      let job = try ask.service.job(ask.parameter("job"))
      let wait = try ask.seconds("wait", most: ask.service.limits.wait) ?? .zero
      _ = await job.reply(within: wait)
      return .json(job.json)
    },
    Route("DELETE", "/v1/jobs/{job}") { ask in
      let job = try ask.service.job(ask.parameter("job"))
      ask.service.scheduler.cancel(job)
      return .json(job.json)
    },
    Route("GET", "/v1/jobs/{job}/result") { ask in
      let job = try ask.service.job(ask.parameter("job"))
      guard let reply = job.reply else { return .json(job.json, status: 202) }
      return answer(try reply.get(), to: job.question, isOne: false)
    },
    Route("GET", "/v1/jobs/{job}/events") { ask in
      let job = try ask.service.job(ask.parameter("job"))
      return Answer(
        type: "text/event-stream", headers: [("cache-control", "no-store")],
        body: .events(events(of: job)))
    },
    Route("POST", "/v1/jobs/{job}/exchange") { ask in try await exchange(ask) },
  ]

  /// The states of a job, each second and at its end.
  private static func events(of job: Job) -> AsyncStream<String> {
    AsyncStream { continuation in
      let task = Task {
        while !Task.isCancelled {
          let isEnded = job.reply != nil
          continuation.yield("event: \(isEnded ? "end" : "progress")\ndata: \(job.json.text)\n\n")
          if isEnded { break }
          _ = await job.reply(within: .seconds(1))
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Takes the client's answer to the last request of the job, and gives the next request: a pre-image, a
  /// hint, or the end.
  private static func exchange(_ ask: Ask) async throws -> Answer {
    try ask.checkQuery(["request", "result", "wait"])
    let job = try ask.service.job(ask.parameter("job"))
    guard case .client = job.game.record.preimages else {
      throw ServiceError.conflict(
        "no-client", "the pre-images of this game do not come from its client")
    }
    if let text = ask.query["request"] {
      guard let number = Int(text), number > 0 else {
        throw ServiceError.badRequest("request must be the number of a request")
      }
      let bytes = try await ask.bytes(limit: ask.service.limits.preimage, name: "limits.preimage")
      switch ask.query["result"] {
      case "value": job.exchange.answer(number, .value(bytes))
      case "taken": job.exchange.answer(number, .taken)
      case "missing": job.exchange.answer(number, .missing)
      case "failed":
        job.exchange.answer(number, .failed(String(decoding: bytes.prefix(1000), as: UTF8.self)))
      default:
        throw ServiceError.badRequest("result must be value, taken, missing or failed")
      }
    } else if ask.query["result"] != nil {
      throw ServiceError.badRequest("a result needs the number of its request")
    }
    let wait = try ask.seconds("wait", most: min(ask.service.limits.wait, .seconds(20)))
    let next = await job.exchange.next(within: wait ?? .seconds(10))
    var members: [JSON.Member] = [.init(name: "status", value: .string(job.status.rawValue))]
    if let next {
      members.append(.init(name: "request", value: .count(next.number)))
      switch next.request {
      case .preimage(let key):
        members.append(.init(name: "preimage", value: .string("0x" + hex(key.bytes))))
      case .hint(let hint): members.append(.init(name: "hint", value: .string("0x" + hex(hint))))
      }
    }
    return .json(.object(members))
  }
}

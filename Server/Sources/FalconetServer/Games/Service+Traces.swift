import Falconet
import Logging

extension Service {
  /// The trace of a game, opened if it is not open.
  func openTrace(of game: Game) throws(ServiceError) -> Trace {
    let limits = limits
    makeRoom(for: game, limits)
    let budget = min(game.record.diskBudget ?? limits.gameDisk, limits.gameDisk)
    if let trace = game.trace {
      try checkMemory(limits)
      // A trace that was opened when there was more room is opened again with what there is.
      guard game.size > Self.leastRoom, usedBytes > limits.disk else { return trace }
      game.drop()
    }
    try checkMemory(limits)
    guard let prestate = prestates[game.record.prestate] else {
      throw .conflict(
        "not-found", "the prestate of the game is not there any more",
        remedy: "give it again with POST /v1/prestates")
    }
    // The roots may be others than when the path was given.
    let place =
      prestate.isUploaded ? prestate.path : try paths.resolve(prestate.path, as: .file)
    let source = try source(of: game)
    let trace: Trace
    do throws(FalconetError) {
      trace = try Trace(
        directory: game.directory + "/trace", prestate: place,
        preimages: source, revision: game.record.revision.flatMap(Self.revision),
        diskBudget: min(budget, room(for: game, limits)),
        memoryBudget: limits.gameMemory)
    } catch { throw ServiceError(error) }
    guard trace.prestateClaim.description == prestate.claim else {
      throw .conflict(
        "other-trace",
        "\(prestate.path) is another snapshot than the one with the claim that names it",
        remedy: "restore the file, or give the prestate again")
    }
    game.use(trace)
    return trace
  }

  /// The least that a trace needs for its states; claims are kept in any case.
  private static let leastRoom: UInt64 = 1 << 20

  /// What a game may take so that all together stay within `limits.disk`.
  private func room(for game: Game, _ limits: Configuration.Limits) -> UInt64 {
    let others = usedBytes - min(game.size, usedBytes)
    return max(Self.leastRoom, limits.disk - min(others, limits.disk))
  }

  /// Closes the games that were served longest ago, until the one that is served has room.
  private func makeRoom(for game: Game, _ limits: Configuration.Limits) {
    var open = games.filter { $0.isOpen && $0 !== game && !$0.isBusy }
      .sorted { $0.lastServed < $1.lastServed }[...]
    var count = games.count { $0.isOpen && $0 !== game }
    while !open.isEmpty, count >= limits.openGames || residentBytes() > limits.memory {
      if open.removeFirst().close() != nil {
        count -= 1
        countEviction()
      }
    }
  }

  private func checkMemory(_ limits: Configuration.Limits) throws(ServiceError) {
    let used = residentBytes()
    guard used <= limits.memory else {
      throw .full(
        "the service takes \(used) bytes of memory, and limits.memory is \(limits.memory)",
        remedy: "ask again once other questions are answered, or raise limits.memory")
    }
  }

  private func source(of game: Game) throws(ServiceError) -> PreimageSource {
    switch game.record.preimages {
    case .none: return .none
    case .directory(let path): return .directory(try paths.resolve(path, as: .directory))
    case .host(let name):
      guard let command = configuration.hosts[name] else {
        throw .forbidden(
          "the configuration has no host '\(name)' any more", remedy: "add it to 'hosts'")
      }
      let logger = logger
      return .server(command, timeout: limits.hostAnswerTimeout) { _, bytes in
        logger.debug(
          "host",
          metadata: ["host": "\(name)", "text": "\(String(decoding: bytes, as: UTF8.self))"])
      }.whileWaiting { [unowned game, scheduler] in
        if let job = game.running { scheduler.noteWait(job) }
      }.stored(in: preimageStore)
    case .client(let identity):
      let limits = { @Sendable [unowned self] in self.limits }
      let scheduler = scheduler
      return .custom(identity: "client \(identity)") { [unowned game] hint in
        _ = try game.askClient(.hint(hint), limits(), scheduler)
      } preimage: { [unowned game] key in
        if let bytes = game.localInput(key) { return bytes }
        switch try game.askClient(.preimage(key), limits(), scheduler) {
        case .value(let bytes):
          game.keep(bytes, asLocalInput: key)
          return bytes
        case .missing: return nil
        case .taken, .failed:
          throw ServiceError.conflict(
            "host-failed", "the client's host did not give \(key)", remedy: "ask again")
        }
      }.stored(in: preimageStore)
    }
  }
}

extension Game {
  /// Asks the client whose question is answered.
  fileprivate func askClient(
    _ request: HostExchange.Request, _ limits: Configuration.Limits, _ scheduler: Scheduler
  ) throws(ServiceError) -> HostExchange.Answer {
    guard let job = running else { throw .stopping }
    let began = ContinuousClock.now
    let answer = try job.exchange.ask(
      request, timeout: limits.hostTimeout, answerTimeout: limits.hostAnswerTimeout,
      onWait: { scheduler.noteWait(job) }, cancelled: { job.cancelled })
    job.endWait()
    let isPreimage = if case .preimage = request { true } else { false }
    count(preimages: isPreimage ? 1 : 0, waited: .now - began)
    if case .failed(let text) = answer {
      throw .conflict("host-failed", "the client's host failed: \(text)", remedy: "ask again")
    }
    return answer
  }
}

import CFalconetServer
import Falconet
import Logging
import Synchronization

/// The service without HTTP: prestates, games, and the questions about them.
final class Service: Sendable {
  let prestates: PrestateStore
  let logger: Logger
  let started = ContinuousClock.now
  private let data: String
  private let lock: DataLock
  let scratch: String
  /// Executes a sample of what was answered a second time.
  let confirmations = Confirmations()
  let witnesses = WitnessCache()
  let programs = ProgramCache()
  let state: Mutex<State>
  private let schedulerBox = Mutex<Scheduler?>(nil)

  struct State {
    var configuration: Configuration
    var token: [UInt8]?
    var games: [String: Game] = [:]
    var jobs: [String: Job] = [:]
    /// The jobs in the order in which they were made.
    var order: [String] = []
    var nextJob: UInt64 = 0
    var isReady = false
    var isStopping = false
    var reloads: UInt64 = 0
    var evictions: UInt64 = 0
    var memoryStops: UInt64 = 0
    /// Of the games that were deleted: what is counted never becomes less.
    var deleted = Game.Counts()
    /// Bytes of uploads that are on their way.
    var uploading: UInt64 = 0
  }

  init(_ configuration: Configuration, token: [UInt8]?, logger: Logger) throws {
    data = configuration.data
    scratch = data + "/scratch"
    self.logger = logger
    try Files.make(directory: data)
    lock = try DataLock(data)
    // What an earlier process left.
    Files.remove(scratch)
    try Files.make(directory: scratch)
    try Files.make(directory: data + "/games")
    prestates = try PrestateStore(directory: data + "/prestates")
    state = Mutex(State(configuration: configuration, token: token))
    for name in Files.names(in: data + "/games") {
      let directory = "\(data)/games/\(name)"
      if !Files.exists(directory + "/game.json"), !Files.exists(directory + "/trace") {
        // The process was killed before this game was whole, so no client knows of it.
        Files.remove(directory)
        continue
      }
      guard let bytes = Files.read(directory + "/game.json"), let json = try? JSON(parsing: bytes),
        let record = try? GameRecord(json), record.id == name
      else {
        logger.warning("this is no game: delete it", metadata: ["directory": "\(directory)"])
        continue
      }
      let game = Game(record, directory: directory, size: Files.size(below: directory))
      state.withLock { $0.games[name] = game }
    }
    let cores = configuration.limits.cores
    let scheduler = Scheduler(
      threads: cores == 0 ? processorCount() : cores, spare: configuration.limits.slowHosts
    ) { [unowned self] in answer($0) }
    schedulerBox.withLock { $0 = scheduler }
    startThread { [unowned self] in watchMemory() }
    startThread { [unowned self] in confirmations.serve(self) }
    state.withLock { $0.isReady = true }
  }

  var scheduler: Scheduler { schedulerBox.withLock { $0! } }
  var configuration: Configuration { state.withLock { $0.configuration } }
  var limits: Configuration.Limits { state.withLock { $0.configuration.limits } }
  var token: [UInt8]? { state.withLock { $0.token } }
  var isReady: Bool { state.withLock { $0.isReady && !$0.isStopping } }
  var paths: PathPolicy { PathPolicy(roots: configuration.roots) }
  var games: [Game] { state.withLock { $0.games.values.sorted { $0.id < $1.id } } }
  var reloads: UInt64 { state.withLock { $0.reloads } }
  var evictions: UInt64 { state.withLock { $0.evictions } }

  var isStopping: Bool { state.withLock { $0.isStopping } }
  var memoryStops: UInt64 { state.withLock { $0.memoryStops } }

  func countMemoryStop() { state.withLock { $0.memoryStops += 1 } }
  func countEviction() { state.withLock { $0.evictions += 1 } }

  var deletedCounts: Game.Counts { state.withLock { $0.deleted } }

  /// Bytes of the data directory, as far as the service counts them.
  var usedBytes: UInt64 {
    let uploading = state.withLock { $0.uploading }
    return prestates.size + uploading + games.map(\.size).reduce(0, +) + Files.size(below: scratch)
  }

  /// Counts bytes of an upload, until it is stored or given up.
  func count(uploading bytes: Int64) {
    state.withLock { $0.uploading = UInt64(max(0, Int64($0.uploading) + bytes)) }
  }

  func use(_ configuration: Configuration, token: [UInt8]?) {
    state.withLock {
      $0.configuration = configuration
      $0.token = token
      $0.reloads += 1
    }
  }

  func stop() async {
    state.withLock { $0.isStopping = true }
    await scheduler.stop(within: configuration.stopTimeout)
    confirmations.stop()
    // Closing a trace frees its lock.
    for game in games { _ = game.close() }
  }

  // MARK: Games

  func game(_ id: String) throws(ServiceError) -> Game {
    guard let game = state.withLock({ $0.games[id] }) else { throw Game.missing }
    return game
  }

  /// Opens a game, or finds the equal one.
  func open(_ record: GameRecord) throws(ServiceError) -> (Game, isNew: Bool) {
    var record = record
    if let present = state.withLock({ $0.games[record.id] }) { return (present, false) }
    guard let prestate = prestates[record.prestate] else {
      throw .notFound(
        "there is no prestate with the claim \(record.prestate)",
        remedy: "give it with POST /v1/prestates")
    }
    record.prestate = prestate.claim
    switch record.preimages {
    case .none, .client: break
    case .directory(let path):
      record.preimages = .directory(try paths.resolve(path, as: .directory))
    case .host(let name):
      guard configuration.hosts[name] != nil else {
        throw .forbidden(
          "the configuration has no host '\(name.prefix(100))'", remedy: "add it to 'hosts'")
      }
    }
    if let program = record.program { record.program = try paths.resolve(program, as: .file) }
    if let revision = record.revision, Self.revision(revision) == nil {
      throw .badRequest(
        "'\(revision.prefix(100))' is no revision", remedy: "see 'falconet list' for their names")
    }
    let limits = limits
    try checkDisk(limits)
    let id = record.id
    let directory = "\(data)/games/\(id)"
    return try state.withLock { (state) throws(ServiceError) -> (Game, Bool) in
      if let present = state.games[id] { return (present, false) }
      guard prestates[record.prestate] != nil else {
        throw .notFound("the prestate was deleted meanwhile", remedy: "give it again")
      }
      guard state.games.count < limits.games else {
        throw .full(
          "there are as many games as there may be, \(limits.games)",
          remedy: "delete one, or raise limits.games")
      }
      do {
        try Files.make(directory: directory)
        try Files.write(record.json.bytes, to: directory + "/game.json")
      } catch {
        Files.remove(directory)
        throw .full("the game cannot be stored: \(error)", remedy: "check the data directory")
      }
      let game = Game(record, directory: directory)
      state.games[id] = game
      return (game, true)
    }
  }

  /// Refuses what would need more disk than there may be.
  func checkDisk(_ limits: Configuration.Limits, for bytes: UInt64 = 0) throws(ServiceError) {
    guard usedBytes + bytes < limits.disk else {
      throw .full(
        "games, prestates and states on their way take \(usedBytes) bytes, and limits.disk is \(limits.disk)",
        remedy: "delete games, or raise limits.disk")
    }
    guard Files.free(at: data) > bytes + 1 << 20 else {
      throw .full("the disk of the data directory is full", remedy: "make room there")
    }
  }

  /// Deletes a game with all that is known of it.
  func delete(_ game: Game) throws(ServiceError) {
    guard scheduler.retire(game) else {
      throw .conflict(
        "busy", "questions of this game wait or are being answered", remedy: "cancel them first")
    }
    _ = game.close()
    // An equal game may be opened from here on, with a directory of its own.
    let trash = "\(scratch)/deleted-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    state.withLock { state in
      guard state.games[game.id] === game else { return }
      state.games[game.id] = nil
      state.deleted += game.counts
      Files.move(game.directory, to: trash)
    }
    Files.remove(trash)
  }

  /// Deletes a prestate that no game starts from.
  func delete(prestate claim: String) throws(ServiceError) {
    try state.withLock { (state) throws(ServiceError) in
      guard let prestate = prestates[claim] else { throw .notFound("there is no such prestate") }
      if let game = state.games.values.first(where: { $0.record.prestate == prestate.claim }) {
        throw .conflict(
          "busy", "the game \(game.id) starts from this prestate", remedy: "delete it first")
      }
      _ = prestates.remove(claim)
    }
  }

  /// What the games of clients and hosts share: pre-images that were served before.
  var preimageStore: PreimageStore {
    var store = PreimageStore(data + "/preimages")
    store.limit = limits.preimages
    let logger = logger
    store.onReport = { logger.warning("\($0)", metadata: ["what": "store of pre-images"]) }
    return store
  }

  /// A revision with a name, of any version: the trace looks its name up among those of the prestate's.
  static func revision(_ name: String) -> Revision? {
    let all = StateVersion.allCases.flatMap(\.revisions)
    // A first name is passed on as it is, whatever it is in other versions.
    return all.first { $0.names.first == name } ?? all.first { $0.names.contains(name) }
  }

  // MARK: The threads

  /// Answers a question: opens the game's trace if it is not open.
  private func answer(_ job: Job) -> Result<Reply, ServiceError> {
    let reply = answerOpen(job)
    if job.cancelled?.code == ServiceError.fullCode {
      // The machine that grew too large is not kept.
      job.game.drop()
      falconet_server_trim()
    }
    return reply
  }

  private func answerOpen(_ job: Job) -> Result<Reply, ServiceError> {
    do throws(ServiceError) {
      let trace = try openTrace(of: job.game)
      defer { if let status = try? trace.status() { job.game.note(status) } }
      do throws(ServiceError) {
        let reply = try Answerer(job: job, trace: trace, service: self).answer()
        job.game.note(answered: job.question)
        confirmations.consider(job, trace, self)
        return .success(reply)
      } catch {
        throw job.cancelled ?? error
      }
    } catch {
      job.game.countFailure()
      logger.warning(
        "a question was not answered",
        metadata: ["game": "\(job.game.id)", "kind": "\(job.question.kind)", "err": "\(error)"])
      return .failure(error)
    }
  }
}

import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Keccak
import Testing

/// How a game's inputs get to a provider.
enum GameSource: CaseIterable {
  /// A callback that is known by a text.
  case known
  /// A callback that is known by nothing.
  case unknown
  /// The host's files.
  case directory
  /// Local inputs in front of no source.
  case locals

  /// - Parameters:
  ///   - preimages: the directory of the host's files.
  ///   - openings: counts how often the source is opened.
  func source(_ game: Game, _ preimages: String, _ openings: Shared<Int>) -> TraceSource {
    var source = TraceSource(
      prestate: { () throws(StreamError) in try game.prestate() },
      identity: { "\(game.image.version) \(game.claims[0])" },
      preimages: { () throws(PreimageError) in
        openings.withLock { $0 += 1 }
        return switch self {
        case .known, .unknown: game.oracle
        case .directory: try DirectoryOracle(path: preimages)
        case .locals: LocalInputs(game.locals, source: NoPreimages())
        }
      })
    source.revision = game.revision
    switch self {
    case .known: source.sourceIdentity = { Array(game.name.utf8) }
    case .locals: source.localInputs = { game.locals }
    case .unknown, .directory: break
    }
    return source
  }
}

@Suite("A directory of one game never answers another")
struct GameTests {
  private let folder: TemporaryFolder
  private let games: [Game]

  init() throws {
    folder = try TemporaryFolder()
    games = try Game.all()
    for (number, game) in games.enumerated() {
      try game.writePreimages(to: folder, "preimages-\(number)")
    }
  }

  private func preimages(_ number: Int) -> String { folder.file("preimages-\(number)") }

  private static let options = TraceOptions(snapshotInterval: 50)

  /// Asks a provider everything. No answer may be another than the game's.
  ///
  /// - Returns: how many questions were answered.
  private func ask(_ trace: TraceProvider, _ game: Game, _ comment: String) throws -> Int {
    var answers = 0
    func attempt(_ body: () throws -> Bool) {
      do {
        #expect(try body(), "\(comment)")
        answers += 1
      } catch let error as TraceError {
        guard case .otherInputs(_, let key, _) = error else {
          Issue.record("\(comment): \(error)")
          return
        }
        #expect(PreimageKey.localIndex(of: key) != nil && "\(error)".contains("for each game"))
      } catch { Issue.record("\(comment): \(error)") }
    }
    for index in game.indices {
      attempt { try trace.claim(at: index).claim == game.claim(index) }
    }
    for index in [0, 20, game.last - 1, game.last, .max] as [UInt64] {
      attempt {
        let step = try trace.step(at: index)
        return step.claim == game.claim(index)
          && (step.isPastEnd || index == 0 || step.proof.pre == game.claim(index - 1))
      }
    }
    attempt { try trace.lastStep().claim == game.claims.last }
    attempt { try trace.claims(at: game.indices).map(\.claim) == game.indices.map(game.claim) }
    return answers
  }

  @Test(
    "All pairs of the games, each asked everything through each kind of source",
    arguments: [false, true])
  func allPairs(_ isPartly: Bool) throws {
    let none = Shared(0)
    for (owner, game) in games.enumerated() {
      let path = folder.file("t\(owner)")
      do {
        let trace = try TraceProvider(
          directory: path, GameSource.known.source(game, preimages(owner), none), Self.options)
        // Some of them know no more than what comes before the late input.
        if isPartly {
          _ = try trace.claims(at: [0, 100, 150])
        } else {
          #expect(try ask(trace, game, game.name) > 20)
        }
      }
      #expect(Set(games.map { $0.claims.last }).count == games.count - 1)
      for (asker, other) in games.enumerated() where asker != owner {
        for kind in GameSource.allCases {
          let comment = "\(other.name) of \(game.name), \(kind)"
          let source = kind.source(other, preimages(asker), none)
          do {
            let trace = try TraceProvider(directory: path, source, Self.options)
            let answers = try ask(trace, other, comment)
            #expect(answers == 0 || isPartly, "\(comment)")
            #expect(try trace.status().executedSteps == 0 || isPartly)
          } catch TraceError.otherTrace {}
        }
      }
      // The right one is answered all the same.
      let openings = Shared(0)
      var trace: TraceProvider? = try TraceProvider(
        directory: path, GameSource.known.source(game, preimages(owner), openings), Self.options)
      if isPartly {
        // Unless another game, the same as far as it was known, went on first.
        _ = try ask(#require(trace), game, game.name)
      } else {
        #expect(try trace?.claim(at: game.indices[3]).claim == game.claim(game.indices[3]))
        #expect(openings.value == 0)
        #expect(try ask(#require(trace), game, game.name) > 20)
        #expect(openings.value == 0)
        for kind in GameSource.allCases {
          trace = nil
          trace = try TraceProvider(
            directory: path, kind.source(game, preimages(owner), none), Self.options)
          #expect(try ask(#require(trace), game, "\(game.name), \(kind)") > 20)
          #expect(try trace?.status().executedSteps == 0)
        }
      }
      #expect(trace?.incidents == [])
    }
  }

  @Test("A path whose content changes is asked again at each opening")
  func changedPath() throws {
    let (game, other) = (games[0], games[3])
    let none = Shared(0)
    let path = folder.file("t")
    let source = GameSource.directory.source(game, preimages(0), none)
    _ = try TraceProvider(directory: path, source, Self.options).lastStep()
    try other.writePreimages(to: folder, "preimages-0")
    #expect {
      try TraceProvider(directory: path, source, Self.options).claim(at: 5)
    } throws: { "\($0)".contains("local key 3 has another value") }
    try game.writePreimages(to: folder, "preimages-0")
    let trace = try TraceProvider(directory: path, source, Self.options)
    #expect(try trace.claim(at: 5).claim == game.claim(5))
    // And of an open provider, once the source is said to be another.
    try other.writePreimages(to: folder, "preimages-0")
    trace.reopenPreimages()
    #expect(throws: TraceError.self) { try trace.lastStep() }
    #expect(throws: TraceError.self) { try trace.step(at: 5) }
  }
}

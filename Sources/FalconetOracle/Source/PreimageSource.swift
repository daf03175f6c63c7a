import FalconetMachine
import FalconetStreams
import FalconetSystem

/// Where pre-images come from: a value that describes a source, and one function that opens it.
package struct PreimageSource: Sendable {
  /// What gives pre-images that are no local inputs of this value.
  package enum Origin: Sendable {
    case none
    /// A directory in any of the hosts' layouts.
    case directory(String)
    /// The command line of a server, which is started when the source is opened.
    case server([String])
    /// Anything else.
    case custom(@Sendable () throws(PreimageError) -> any PreimageOracle)
  }

  /// Opens a cache.
  ///
  /// - Parameter report: takes sentences about what could not be read or written.
  package typealias CacheOpener =
    @Sendable (_ report: @escaping @Sendable (String) -> Void) throws(PreimageError)
    -> any PreimageCache

  package var origin: Origin
  /// Local inputs by index, which come before those of the origin.
  package var localInputs: [UInt64: [UInt8]] = [:]
  /// Opens what answers before the origin is asked; nil if nothing does. A server is then started at
  /// the first request that reaches it.
  package var cache: CacheOpener?
  /// Takes sentences about what a cache could not read or write.
  package var onCacheReport: @Sendable (String) -> Void = { _ in }
  /// Whether a server is started at the first request even without a cache. It gets the hints before then.
  package var startsLate = false
  /// Which hints a server gets if there is a cache.
  package var hints = HintPolicy.last
  /// Whether pre-images are checked against their keys. False for a VM that has keys of its own, and
  /// checks them.
  package var checksKeys = true
  /// A directory that everything that is served is written to.
  package var recording: String?
  /// How long a server may take for an answer; nil for ever.
  package var timeout: Duration? = .seconds(900)
  /// Takes what a server writes to its standard streams, on a thread of its own.
  package var onHostOutput: @Sendable (HostStream, [UInt8]) -> Void = { _, _ in }
  /// What a server is asked for ahead of the run, by other servers, if there is a cache that takes it;
  /// nil for nothing. `{n}` in the command is then a server's number, and 0 in the run's own.
  package var plan: PreimagePlan?
  package var prefetch = PrefetchOptions()
  /// What happens if a server fails.
  package var recovery = HostRecovery()
  /// Takes why a server is started again.
  package var onHostRestart: @Sendable (HostRestart) -> Void = { _ in }
  /// Is called about every 200 ms while a server is waited for, on the thread that asked.
  package var onWait: @Sendable () -> Void = {}
  /// What the source does, once it is open.
  package var activity = PreimageActivity()

  package init(_ origin: Origin = .none) { self.origin = origin }

  /// A text that is another whenever the origin could give other local pre-images: of a server its
  /// command line. Nil if nothing can be said.
  package var identity: [UInt8]? {
    switch origin {
    case .server(let command): Self.identity(ofServer: command)
    case .none, .directory, .custom: nil
    }
  }

  /// What a server is known by: its command line, as a text that no other has.
  package static func identity(ofServer command: [String]) -> [UInt8] {
    Array("server".utf8) + command.flatMap { [0] + Array($0.utf8) }
  }

  /// Opens the directory, or starts the server, unless there is a cache.
  ///
  /// - Parameter cancellation: ends a request that waits for a server.
  package func open(
    _ cancellation: Cancellation = .never
  ) throws(PreimageError) -> OpenedSource {
    let recorder = try recorder()
    let cache: (any PreimageCache)? =
      if let open = self.cache { try open(onCacheReport) } else { nil }
    var server: PreimageHost?
    var ahead: Prefetch?
    var oracle: any PreimageOracle = NoPreimages()
    var challenger: [String]?
    switch origin {
    case .none: break
    case .directory(let path): oracle = metered(try DirectoryOracle(path: path), .directory)
    case .custom(let open): oracle = metered(try open(), .memory)
    case .server(let command):
      if let plan, let cache {
        ahead = try Prefetch(self, plan, prefetch, cancellation) { cache.preimage(for: $0) != nil }
      }
      let own = plan == nil ? command : PrefetchOptions.command(command, 0)
      challenger = own
      let host = host(own, cancellation)
      if cache == nil, !startsLate { try host.start() }
      (oracle, server) = (host, host)
      if cache == nil, startsLate { oracle = LateHost(host) }
    }
    let cached = cache.map { cache in
      var checked: any PreimageOracle = CheckedOracle(oracle, activity: activity)
      if let ahead {
        checked = CachedOracle(
          PrefetchCache(ahead, store: cache, self, cancellation), source: checked, hints: hints,
          activity: activity, place: .memory)
      }
      return CachedOracle(cache, source: checked, hints: hints, activity: activity)
    }
    if let cached { oracle = cached }
    if !localInputs.isEmpty {
      oracle = LocalInputs(localInputs, source: oracle, activity: activity)
    }
    // A cache checks what it gives, and what the source gave was checked before.
    if cache == nil, checksKeys { oracle = CheckedOracle(oracle, activity: activity) }
    if var recorder {
      recorder.source = oracle
      oracle = recorder
    }
    let directory = cached.flatMap { cached in
      challenger.flatMap { ChallengerDirectory(host: $0, source: cached) }
    }
    return OpenedSource(oracle: oracle, server: server, challenger: directory, prefetch: ahead)
  }

  private func metered(
    _ oracle: any PreimageOracle, _ place: PreimageActivity.Place
  ) -> any PreimageOracle {
    MeteredOracle(source: oracle, place: place, activity: activity)
  }

  /// A host that is not started yet.
  func host(_ command: [String], _ cancellation: Cancellation) -> PreimageHost {
    var options = ServerOracle.Options(timeout: timeout, cancellation: cancellation)
    options.onWait = onWait
    return PreimageHost(
      recovery: recovery, cancellation: cancellation, activity: activity, onWait: onWait,
      onRestart: onHostRestart
    ) { [onHostOutput, options] () throws(PreimageError) in
      do throws(ProcessStartError) {
        return try ServerOracle(command: command, options: options, onOutput: onHostOutput)
      } catch { throw PreimageError(.unreadable, message: "the pre-image server \(error)") }
    }
  }

  /// What records, with no source yet. Makes its directory, and checks that it can be written.
  @discardableResult
  package func recorder() throws(PreimageError) -> RecordingOracle? {
    guard let recording else { return nil }
    let recorder = try RecordingOracle(NoPreimages(), path: recording)
    do throws(StreamError) { try AtomicFile.check(path: recording + "/check") } catch {
      throw PreimageError(.unreadable, message: "pre-images cannot be recorded: \(error)")
    }
    return recorder
  }
}

/// A source that is open.
package struct OpenedSource {
  /// What answers.
  package let oracle: any PreimageOracle
  /// The server in it, which can be shut down for a report.
  package let server: PreimageHost?
  /// Where op-challenger looks for what a proved step needs, if a cache answers in place of the server.
  package let challenger: ChallengerDirectory?
  /// What fetches ahead, which must be stopped.
  package let prefetch: Prefetch?
}

import Falconet
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The service with its listener and its signals.
package struct HTTPService: Sendable {
  private let configuration: Configuration
  /// The file that a reload reads; nil if there is none.
  private let file: String?
  /// The keys that flags replace, whatever the file says.
  private let flags: Set<String>
  private let service: Service
  private let level: LogLevel
  private let logger: Logger

  init(
    _ configuration: Configuration, file: String?, flags: Set<String> = [], level: LogLevel
  ) throws {
    self.configuration = configuration
    self.file = file
    self.flags = flags
    self.level = level
    logger = Logger(label: "falconet") { _ in LogLineHandler(level) }
    let token = try configuration.secret(file)
    service = try Service(configuration, token: token, logger: logger)
    for remark in configuration.remarks { logger.warning("\(remark)") }
  }

  /// Runs until a signal ends it.
  ///
  /// - Parameter onRunning: gets the port, or 0 of a socket file, once connections are taken.
  func run(onRunning: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
    Self.raiseDescriptorLimit()
    let responder = Responder(service, configuration.listen)
    let limits = configuration.limits
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderFieldSize = limits.header
    decoder.maxHeaderListSize = limits.header
    decoder.maxHeaderFieldCount = 100
    let (idle, body) = (limits.idleTimeout.amount, limits.bodyTimeout.amount)
    let channel = HTTP1Channel(
      responder: { try await responder.respond($0, $1, $2) },
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [
          RequestDeadline(headTime: idle, bodyTime: body), KnownAnswers(responder),
        ],
        httpDecoderConfiguration: decoder))
    let address: BindAddress
    switch configuration.listen {
    case .tcp(let host, let port): address = .hostname(host, port: port)
    case .unix(let path):
      try SocketFile.checkFree(path)
      address = .unixDomainSocket(path: path)
      // The socket is its owner's alone.
      umask(0o077)
    }
    let group = MultiThreadedEventLoopGroup.singleton
    for loop in group.makeIterator() { loop.execute { ThreadKind.answering.apply() } }
    // What the library for HTTP says of its own course is of no use to who runs the service.
    let level = level
    let quiet = Logger(label: "http") { _ in LogLineHandler(level, least: .warning) }
    let listening = Listening()
    let server = channel.server(
      configuration: ServerConfiguration(
        address: address, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connections, logger: quiet)),
      onServerRunning: { channel in
        listening.hasBegun.store(true, ordering: .releasing)
        let port = channel.localAddress?.port ?? 0
        self.noteStart(port)
        onRunning(port)
      },
      eventLoopGroup: group, logger: quiet)
    // They stop in the reverse order: the listener sends the last answers of the questions.
    var services = ServiceGroupConfiguration(
      services: [
        .init(service: server), .init(service: Questions(service: service)),
        .init(service: Reloading(owner: self)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    // Connections that wait for an answer get it first; none keeps the process alive for ever.
    services.maximumGracefulShutdownDuration = configuration.stopTimeout + .seconds(35)
    do { try await ServiceGroup(configuration: services).run() } catch {
      if listening.hasBegun.load(ordering: .acquiring) { throw error }
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) }
      throw ConfigurationError(
        file: "\(configuration.listen)",
        message: "the service cannot listen here: \(reason ?? "\(error)")")
    }
    if case .unix(let path) = configuration.listen { unlink(path) }
    logger.info("stopped")
  }

  private func noteStart(_ port: Int) {
    var address = configuration.listen
    if case .tcp(let host, _) = address { address = .tcp(host: host, port: port) }
    logger.info(
      "listening",
      metadata: [
        "address": "\(address)", "data": "\(configuration.data)", "version": "\(Library.version)",
        "games": "\(service.games.count)", "threads": "\(service.scheduler.threadCount)",
        "roots": "\(configuration.roots.count)", "hosts": "\(configuration.hosts.count)",
        "token": "\(service.token == nil ? "no" : "yes")",
      ])
  }

  private final class Listening: Sendable {
    let hasBegun = Atomic(false)
  }

  /// Each connection needs a descriptor, and so does each file: the limit becomes what the system allows.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let files = RLIMIT_NOFILE
    #endif
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // If it is refused, the old limit holds.
    _ = setrlimit(files, &limit)
  }

  /// Ends the questions in hand when the service stops.
  private struct Questions: ServiceLifecycle.Service {
    let service: Service

    func run() async throws {
      // Throws if the process must end at once.
      if (try? await gracefulShutdown()) != nil {
        let reading = service.scheduler.reading
        service.logger.info(
          "stopping: new questions are refused",
          metadata: ["executing": "\(reading.busy)", "waiting": "\(reading.waiting)"])
      }
      await service.stop()
    }
  }

  /// Reads the configuration again at SIGHUP. If it is wrong, the present one stays.
  private struct Reloading: ServiceLifecycle.Service {
    let owner: HTTPService

    func run() async throws {
      let signals = await UnixSignalsSequence(trapping: .sighup)
      for await _ in signals.cancelOnGracefulShutdown() { owner.reload() }
    }
  }

  private func reload() {
    guard let file else {
      logger.warning("there is no configuration file to read again: start with --config")
      return
    }
    do {
      let (new, names) = try service.configuration.reloaded(
        yaml: Configuration.text(ofFile: file), name: file)
      service.use(new, token: try new.secret(file))
      level.level = Logger.Level(rawValue: new.logLevel) ?? .info
      for remark in new.remarks { logger.warning("\(remark)") }
      let late = names.filter { !flags.contains($0) }
      logger.info(
        "read the configuration again",
        metadata: late.isEmpty ? [:] : ["needRestart": "\(late.joined(separator: " "))"])
    } catch {
      logger.error("the configuration stays as it was", metadata: ["err": "\(error)"])
    }
  }
}

extension Duration {
  fileprivate var amount: TimeAmount { .nanoseconds(Int64(self / .nanoseconds(1))) }
}

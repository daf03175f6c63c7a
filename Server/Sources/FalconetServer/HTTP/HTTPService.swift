import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
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
  private let service: Service
  private let logger: Logger

  init(_ configuration: Configuration, file: String?, logger: Logger) throws {
    self.configuration = configuration
    self.file = file
    self.logger = logger
    let token = try Self.token(configuration)
    guard configuration.listen.isLocal || token != nil else {
      throw ConfigurationError(
        file: file ?? "--listen",
        message:
          "\(configuration.listen) can be reached from other machines, so token-file must name a"
          + " secret; TLS belongs to a proxy in front")
    }
    service = try Service(configuration, token: token, logger: logger)
  }

  /// The secret in the token's file, without the end of the line.
  static func token(_ configuration: Configuration) throws -> [UInt8]? {
    guard let path = configuration.tokenFile else { return nil }
    guard var bytes = Files.read(path, limit: 4096) else {
      throw ConfigurationError(
        file: path, message: "the token cannot be read: make the file readable")
    }
    while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
    guard bytes.count >= 16 else {
      throw ConfigurationError(
        file: path, message: "the token has fewer than 16 bytes: use a longer one")
    }
    return bytes
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
      address = .unixDomainSocket(path: path)
      // The socket is its owner's alone.
      umask(0o077)
    }
    let group = MultiThreadedEventLoopGroup.singleton
    for loop in group.makeIterator() { loop.execute { ThreadKind.answering.apply() } }
    let server = channel.server(
      configuration: ServerConfiguration(
        address: address, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connections, logger: logger)),
      onServerRunning: { onRunning($0.localAddress?.port ?? 0) },
      eventLoopGroup: group, logger: logger)
    // They stop in the reverse order: the listener sends the last answers of the questions.
    var services = ServiceGroupConfiguration(
      services: [
        .init(service: server), .init(service: Questions(service: service)),
        .init(service: Reloading(owner: self)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Connections that wait for an answer get it first; none keeps the process alive for ever.
    services.maximumGracefulShutdownDuration = configuration.stopTimeout + .seconds(35)
    try await ServiceGroup(configuration: services).run()
    if case .unix(let path) = configuration.listen { unlink(path) }
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
      try? await gracefulShutdown()
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
      guard let bytes = Files.read(file) else {
        throw ConfigurationError(file: file, message: "the file cannot be read")
      }
      let (new, names) = try service.configuration.reloaded(
        yaml: String(decoding: bytes, as: UTF8.self), name: file)
      service.use(new, token: try Self.token(new))
      logger.info(
        "read the configuration again",
        metadata: names.isEmpty ? [:] : ["needRestart": "\(names.joined(separator: " "))"])
    } catch {
      logger.error("the configuration stays as it was", metadata: ["err": "\(error)"])
    }
  }
}

extension Duration {
  fileprivate var amount: TimeAmount { .nanoseconds(Int64(self / .nanoseconds(1))) }
}

/// What the service is told by its file and its flags.
struct Configuration: Sendable, Equatable {
  var listen = ListenAddress.tcp(host: "127.0.0.1", port: 7300)
  var data = ""
  var tokenFile: String?
  var roots: [String] = []
  /// The command lines of hosts, by name.
  var hosts: [String: [String]] = [:]
  var limits = Limits()
  var confirm = Confirmation()
  var stopTimeout = Duration.seconds(20)
  var logLevel = "info"

  struct Limits: Sendable, Equatable {
    var games = 1000
    var openGames = 128
    var memory: UInt64 = 8 << 30
    var disk: UInt64 = 256 << 30
    var gameDisk: UInt64 = 16 << 30
    var gameMemory: UInt64 = 512 << 20
    /// Threads that execute steps; 0 is one for each processor.
    var cores = 0
    /// Questions that may wait for slow hosts beside those that execute.
    var slowHosts = 64
    var connections = 16384
    var requests = 512
    var questions = 4096
    var body = 1 << 20
    var upload: UInt64 = 4 << 30
    var preimage = 64 << 20
    var header = 16 << 10
    var idleTimeout = Duration.seconds(30)
    var bodyTimeout = Duration.seconds(60)
    var wait = Duration.seconds(60)
    var hostTimeout = Duration.seconds(30)
    var hostAnswerTimeout = Duration.seconds(900)
    var finishedQuestions = 1000
    /// Bytes of an answer in JSON, and of all answers of questions that ended.
    var answers = 256 << 20
    /// Bytes of the store of pre-images.
    var preimages: UInt64 = 10 << 30
  }

  /// What is executed a second time.
  struct Confirmation: Sendable, Equatable {
    /// The share of the questions about claims and proofs.
    var rate = 0.0
    /// The most steps that are executed again before the step that was asked for.
    var steps = 1_000_000
    /// The command line of another VM, of Cannon's kind; empty for the plain step.
    var vm: [String] = []
    /// The command line of a server of pre-images for it; `{directory}` is the game's.
    var server: [String] = []
    var timeout = Duration.seconds(600)
  }
}

/// Where the service listens.
enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
  case tcp(host: String, port: Int)
  case unix(path: String)

  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self = .tcp(host: String(host), port: port)
  }

  var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  /// Whether a host's name or address is this machine's for programs on it alone.
  static func isLoopback(_ host: String) -> Bool {
    if host == "::1" || host == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { 48...57 ~= $0 } && UInt8(part) != nil
      }
  }

  /// Whether only programs of this machine can connect.
  var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _): Self.isLoopback(host)
    }
  }
}

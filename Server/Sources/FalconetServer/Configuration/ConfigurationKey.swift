/// A key of the configuration file: the table of all of them.
struct ConfigurationKey: Sendable {
  /// The name, with those of the mappings around it: `limits.games`.
  let name: String
  /// Whether a reload changes it. Others need a restart.
  let reloads: Bool
  let form: Form

  enum Form: Sendable {
    case text(@Sendable (String, inout Configuration) -> Bool)
    case list(WritableKeyPath<Configuration, [String]> & Sendable)
    /// A program and its arguments.
    case words(WritableKeyPath<Configuration, [String]> & Sendable)
    /// A mapping of names to command lines.
    case commands(WritableKeyPath<Configuration, [String: [String]]> & Sendable)
  }

  /// Each of these threads has a stack.
  static let coreRange = 0...1024
  static let countRange = 1...1_000_000_000

  static let all: [ConfigurationKey] = [
    ConfigurationKey("listen", reloads: false) { text, configuration in
      guard let address = ListenAddress(text) else { return false }
      configuration.listen = address
      return true
    },
    ConfigurationKey("data", reloads: false) { text, configuration in
      configuration.data = text
      return text.hasPrefix("/")
    },
    ConfigurationKey("token-file") { text, configuration in
      configuration.tokenFile = text.isEmpty ? nil : text
      return true
    },
    ConfigurationKey(name: "roots", reloads: true, form: .list(\.roots)),
    ConfigurationKey(name: "hosts", reloads: true, form: .commands(\.hosts)),
    ConfigurationKey("stop-timeout", time: \.stopTimeout),
    ConfigurationKey("log-level") { text, configuration in
      configuration.logLevel = text
      return ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains(text)
    },
    ConfigurationKey("limits.games", count: \.limits.games),
    ConfigurationKey("limits.open-games", count: \.limits.openGames),
    ConfigurationKey("limits.memory", size: \.limits.memory),
    ConfigurationKey("limits.disk", size: \.limits.disk),
    ConfigurationKey("limits.game-disk", size: \.limits.gameDisk),
    ConfigurationKey("limits.game-memory", size: \.limits.gameMemory),
    ConfigurationKey("limits.cores", reloads: false, count: \.limits.cores, coreRange),
    ConfigurationKey("limits.slow-hosts", reloads: false, count: \.limits.slowHosts, coreRange),
    ConfigurationKey("limits.connections", reloads: false, count: \.limits.connections),
    ConfigurationKey("limits.requests", count: \.limits.requests),
    ConfigurationKey("limits.questions", count: \.limits.questions),
    ConfigurationKey("limits.finished-questions", count: \.limits.finishedQuestions),
    ConfigurationKey("limits.answers") { setSize($0, \.limits.answers, &$1) },
    ConfigurationKey("limits.body") { setSize($0, \.limits.body, &$1) },
    ConfigurationKey("limits.upload", size: \.limits.upload),
    ConfigurationKey("limits.preimage") { setSize($0, \.limits.preimage, &$1) },
    ConfigurationKey("limits.header", reloads: false) { setSize($0, \.limits.header, &$1) },
    ConfigurationKey("limits.idle-timeout", reloads: false, time: \.limits.idleTimeout),
    ConfigurationKey("limits.body-timeout", reloads: false, time: \.limits.bodyTimeout),
    ConfigurationKey("limits.preimages", size: \.limits.preimages),
    ConfigurationKey("confirm.rate") { text, configuration in
      guard let rate = Double(text), (0...1).contains(rate) else { return false }
      configuration.confirm.rate = rate
      return true
    },
    ConfigurationKey("confirm.steps", count: \.confirm.steps),
    ConfigurationKey(name: "confirm.vm", reloads: true, form: .words(\.confirm.vm)),
    ConfigurationKey(name: "confirm.server", reloads: true, form: .words(\.confirm.server)),
    ConfigurationKey("confirm.timeout", time: \.confirm.timeout),
    ConfigurationKey("limits.wait", time: \.limits.wait),
    ConfigurationKey("limits.host-timeout", time: \.limits.hostTimeout),
    ConfigurationKey("limits.host-answer-timeout", time: \.limits.hostAnswerTimeout),
  ]

  init(name: String, reloads: Bool, form: Form) {
    self.name = name
    self.reloads = reloads
    self.form = form
  }

  private init(
    _ name: String, reloads: Bool = true,
    _ set: @escaping @Sendable (String, inout Configuration) -> Bool
  ) {
    self.init(name: name, reloads: reloads, form: .text(set))
  }

  private init(
    _ name: String, reloads: Bool = true,
    count path: WritableKeyPath<Configuration, Int> & Sendable,
    _ range: ClosedRange<Int> = countRange
  ) {
    self.init(name, reloads: reloads) { text, configuration in
      guard let value = Int(text), range.contains(value) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private init(_ name: String, size path: WritableKeyPath<Configuration, UInt64> & Sendable) {
    self.init(name) { text, configuration in
      guard let value = Self.size(text), value > 0 else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private init(
    _ name: String, reloads: Bool = true,
    time path: WritableKeyPath<Configuration, Duration> & Sendable
  ) {
    self.init(name, reloads: reloads) { text, configuration in
      guard let value = Self.time(text) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private static func setSize(
    _ text: String, _ path: WritableKeyPath<Configuration, Int>,
    _ configuration: inout Configuration
  ) -> Bool {
    guard let value = size(text), value > 0, value <= 1 << 40 else { return false }
    configuration[keyPath: path] = Int(value)
    return true
  }

  /// A size such as `64KiB`, `8GiB`, or a number of bytes.
  static func size(_ text: String) -> UInt64? {
    let units: [(String, UInt64)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0)]
    for (unit, shift) in units where text.hasSuffix(unit) {
      guard let number = UInt64(text.dropLast(unit.count)) else { return nil }
      let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: 1 << shift)
      return isTooLarge ? nil : bytes
    }
    return nil
  }

  /// The longest time, a year: others would overflow where they are added up.
  static let timeLimit = Duration.seconds(8760 * 3600)

  /// A time such as `500ms`, `30s`, `15m` or `2h`.
  static func time(_ text: String) -> Duration? {
    let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    for (unit, milliseconds) in units where text.hasSuffix(unit) {
      guard let number = Int(text.dropLast(unit.count)), (1...1_000_000_000).contains(number)
      else { return nil }
      let time = Duration.milliseconds(number * milliseconds)
      return time <= timeLimit ? time : nil
    }
    return nil
  }
}

import Foundation
import Logging
import Synchronization

/// The level from which on lines are written, which a reload changes for all loggers.
final class LogLevel: Sendable {
  private let value: Mutex<Logger.Level>

  init(_ level: Logger.Level) { value = Mutex(level) }

  var level: Logger.Level {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}

/// Writes a line for each event to standard error: time, level, message, and then what is said of it, as `name=value`
/// with quotes if they are needed. Falconet's other commands write their lines like this too.
struct LogLineHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  private let shared: LogLevel
  /// Lines below it are not written, whatever the level is.
  private let least: Logger.Level

  init(_ level: LogLevel, least: Logger.Level = .trace) {
    shared = level
    self.least = least
  }

  var logLevel: Logger.Level {
    get { max(shared.level, least) }
    set { shared.level = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let line = Self.line(
      event.level, "\(event.message)", metadata.merging(event.metadata ?? [:]) { $1 }, at: .now)
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// The line that stands for an event.
  static func line(
    _ level: Logger.Level, _ message: String, _ fields: Logger.Metadata, at date: Date
  ) -> String {
    let time = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    var line = "time=\(time.formatted(.iso8601)) level=\(name(level)) msg=\(quoted(message))"
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      line += " \(name)=\(quoted("\(value)"))"
    }
    return line
  }

  private static func name(_ level: Logger.Level) -> String {
    switch level {
    case .warning: "WARN"
    default: level.rawValue.uppercased()
    }
  }

  /// A text of a client or a host must not look like another line.
  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && !" \"=\\".unicodeScalars.contains($0)
      }
    if isPlain { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case _ where scalar.properties.generalCategory == .control:
        quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

import ArgumentParser
import Logging

/// How log lines look.
package enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  /// `level=INFO msg="…" key=value`, as Cannon writes them.
  case text
  /// One JSON object a line.
  case json
}

/// Which log lines are written.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case debug, info, warn, error

  var level: Logger.Level {
    switch self {
    case .debug: .debug
    case .info: .info
    case .warn: .warning
    case .error: .error
    }
  }
}

extension Logger.Level {
  /// The level's name in log lines.
  var label: String {
    switch self {
    case .trace, .debug: "DEBUG"
    case .info, .notice: "INFO"
    case .warning: "WARN"
    case .error, .critical: "ERROR"
    }
  }
}

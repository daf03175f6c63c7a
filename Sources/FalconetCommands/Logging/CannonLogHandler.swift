import FalconetLibc
import FalconetStreams
import Logging

/// Writes log lines as Cannon does, or as JSON, to the console.
///
/// A logger's label is the module that the line names.
package struct CannonLogHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  private let module: String
  private let format: LogFormat
  private let console: Console

  package init(module: String, format: LogFormat, level: Logger.Level, console: Console) {
    self.module = module
    self.format = format
    self.console = console
    logLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    console.write(line: line(event.level, event.message, event.metadata))
  }

  /// The line that stands for an event.
  package func line(
    _ level: Logger.Level, _ message: Logger.Message, _ more: Logger.Metadata?
  ) -> String {
    let fields = Self.order(metadata.merging(more ?? [:]) { $1 })
    return switch format {
    case .text: text(level, message, fields)
    case .json: json(level, message, fields)
    }
  }

  /// The order in which Cannon writes fields; others follow by name.
  private static let knownOrder = [
    "stream", "version", "step", "pc", "insn", "ips", "pages", "mem", "name", "is32", "exited",
    "code", "size", "min", "text", "data", "err",
  ]
  /// The order for a read of a pre-image, whose step comes last.
  private static let readOrder = ["keyPrefix", "offset", "step", "size", "min"]

  private static func order(
    _ fields: Logger.Metadata
  ) -> [(name: String, value: Logger.Metadata.Value)] {
    let order = fields["keyPrefix"] == nil ? knownOrder : readOrder
    func rank(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
    return fields.map { ($0.key, $0.value) }
      .sorted { (rank($0.0), $0.0) < (rank($1.0), $1.0) }
  }

  private func text(
    _ level: Logger.Level, _ message: Logger.Message,
    _ fields: [(name: String, value: Logger.Metadata.Value)]
  ) -> String {
    var line = console.isTerminal ? "time=\(timestamp()) " : ""
    line += "\(Self.painted(level)) msg=\(Self.quoted("\(message)")) module=\(module)"
    for (name, value) in fields { line += " \(name)=\(Self.quoted("\(value)"))" }
    return line
  }

  /// The level, which stands out on a terminal if something is wrong.
  private static func painted(_ level: Logger.Level) -> String {
    let text = "level=\(level.label)"
    return switch level {
    case .trace, .debug, .info, .notice: text
    case .warning: Paint.warning(text, on: .errors)
    case .error, .critical: Paint.bad(text, on: .errors)
    }
  }

  private func json(
    _ level: Logger.Level, _ message: Logger.Message,
    _ fields: [(name: String, value: Logger.Metadata.Value)]
  ) -> String {
    let sink = MemorySink()
    let writer = JSONWriter(to: sink, style: .compact)
    // A sink in memory does not fail.
    try? Self.write(
      to: writer, time: timestamp(), level: level.label, message: "\(message)", module: module,
      fields)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  private static func write(
    to json: JSONWriter, time: String, level: String, message: String, module: String,
    _ fields: [(name: String, value: Logger.Metadata.Value)]
  ) throws(StreamError) {
    try json.beginObject()
    for (name, value) in [("time", time), ("level", level), ("msg", message), ("module", module)] {
      try json.member(name, value)
    }
    for (name, value) in fields {
      try json.key(name)
      switch value {
      case .stringConvertible(let number as any BinaryInteger): try json.number(number)
      case .stringConvertible(let flag as Bool): try json.bool(flag)
      default: try json.string("\(value)".readableFileName)
      }
    }
    try json.endObject()
    try json.finish(newlines: 0)
  }

  /// A value as Go's `log/slog` writes it: quoted if it is empty or has a character that would
  /// make the line ambiguous.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0.value < 0x7F && $0 != "=" && $0 != "\""
    }
    if isPlain, !text.isEmpty { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\x" + (digits.count == 1 ? "0" : "") + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// The current time in UTC, to the second.
  private func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    return date + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}

/// The loggers of a run.
struct Loggers: Sendable {
  let console: Console
  private let format: LogFormat
  private let level: Logger.Level

  init(console: Console = Console(), format: LogFormat, level: LogLevel) {
    self.console = console
    self.format = format
    self.level = level.level
  }

  /// A logger whose lines name `module`.
  func logger(_ module: String, stream: String? = nil) -> Logger {
    var logger = Logger(label: module) { module in
      CannonLogHandler(module: module, format: format, level: level, console: console)
    }
    if let stream { logger[metadataKey: "stream"] = "\(stream)" }
    return logger
  }
}

extension Logger {
  /// Logs bytes that a program wrote: as text if all of it is printable, else in hexadecimal.
  func log(output bytes: [UInt8]) {
    let isText = bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A || $0 == 0x09 }
    if isText {
      info("", metadata: ["text": "\(String(decoding: bytes, as: UTF8.self))"])
    } else {
      info("", metadata: ["data": "\(Hex.encode(bytes, prefix: true))"])
    }
  }
}

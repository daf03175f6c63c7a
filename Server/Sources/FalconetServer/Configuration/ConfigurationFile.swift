import Yams

/// Why a configuration file cannot be used.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  let file: String
  /// The line, from 1; nil if the file as a whole is meant.
  var line: Int?
  let message: String

  var description: String { line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)" }
}

extension Configuration {
  /// Changes what a file sets.
  mutating func apply(file path: String) throws(ConfigurationError) {
    try apply(yaml: Self.text(ofFile: path), name: path)
  }

  /// The text of a configuration file.
  static func text(ofFile path: String) throws(ConfigurationError) -> String {
    guard let bytes = Files.read(path) else {
      throw ConfigurationError(file: path, message: "the file cannot be read")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(file: path, message: "the file is not UTF-8")
    }
    return text
  }

  /// Changes what a text in YAML sets.
  ///
  /// - Parameter name: the name for errors.
  mutating func apply(yaml text: String, name: String) throws(ConfigurationError) {
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch {
      throw ConfigurationError(file: name, message: "this is not YAML: \(error)")
    }
    guard let node else { return }
    try apply(node, under: "", name)
  }

  private mutating func apply(
    _ node: Node, under prefix: String, _ file: String
  ) throws(ConfigurationError) {
    guard let mapping = node.mapping else {
      throw ConfigurationError(
        file: file, line: node.mark?.line, message: "keys must stand here, as 'key: value'")
    }
    var seen: Set<String> = []
    for (key, value) in mapping {
      let line = key.mark?.line
      guard let own = key.string else {
        throw ConfigurationError(file: file, line: line, message: "this is no key")
      }
      let name = prefix + own
      guard seen.insert(own).inserted else {
        throw ConfigurationError(file: file, line: line, message: "\(name) appears twice")
      }
      if let row = ConfigurationKey.all.first(where: { $0.name == name }) {
        try set(row, to: value, file, line)
      } else if ConfigurationKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
        if value.null == nil { try apply(value, under: name + ".", file) }
      } else {
        throw ConfigurationError(
          file: file, line: line,
          message: "\(name) is no key: the example lists all of them")
      }
    }
  }

  private mutating func set(
    _ key: ConfigurationKey, to node: Node, _ file: String, _ line: Int?
  ) throws(ConfigurationError) {
    func refused(_ form: String) -> ConfigurationError {
      ConfigurationError(file: file, line: line, message: "\(key.name) must be \(form)")
    }
    func strings(_ node: Node, _ form: String) throws(ConfigurationError) -> [String] {
      guard let sequence = node.sequence else { throw refused(form) }
      var texts: [String] = []
      for element in sequence {
        guard let text = element.scalar?.string else { throw refused(form) }
        texts.append(text)
      }
      return texts
    }
    switch key.form {
    case .text(let set):
      guard let text = node.scalar?.string, set(text, &self) else {
        throw refused(key.hint)
      }
    case .list(let path):
      self[keyPath: path] = node.null != nil ? [] : try strings(node, "a list of absolute paths")
      guard self[keyPath: path].allSatisfy({ $0.hasPrefix("/") }) else {
        throw refused("a list of absolute paths")
      }
    case .words(let path):
      self[keyPath: path] =
        node.null != nil ? [] : try strings(node, "a list: a program and its arguments")
    case .commands(let path):
      let form = "a mapping of names to lists: a program and its arguments"
      self[keyPath: path] = [:]
      if node.null != nil { return }
      guard let mapping = node.mapping else { throw refused(form) }
      for (name, command) in mapping {
        let words = try strings(command, form)
        guard let name = name.scalar?.string, !name.isEmpty, !words.isEmpty,
          self[keyPath: path].updateValue(words, forKey: name) == nil
        else { throw refused(form) }
      }
    }
  }

  /// What a reload of the file changes: the present configuration with the new values of the keys that
  /// can change while the service runs.
  ///
  /// - Returns: also the keys that differ and need a restart.
  func reloaded(
    yaml text: String, name: String
  ) throws(ConfigurationError) -> (Configuration, needRestart: [String]) {
    var new = Configuration()
    new.listen = listen
    new.data = data
    try new.apply(yaml: text, name: name)
    var result = new
    result.listen = listen
    result.data = data
    result.limits.cores = limits.cores
    result.limits.slowHosts = limits.slowHosts
    result.limits.connections = limits.connections
    result.limits.header = limits.header
    result.limits.idleTimeout = limits.idleTimeout
    result.limits.bodyTimeout = limits.bodyTimeout
    var names: [String] = []
    if new.listen != listen { names.append("listen") }
    if new.data != data { names.append("data") }
    if new.limits.cores != limits.cores { names.append("limits.cores") }
    if new.limits.slowHosts != limits.slowHosts { names.append("limits.slow-hosts") }
    if new.limits.connections != limits.connections { names.append("limits.connections") }
    if new.limits.header != limits.header { names.append("limits.header") }
    if new.limits.idleTimeout != limits.idleTimeout { names.append("limits.idle-timeout") }
    if new.limits.bodyTimeout != limits.bodyTimeout { names.append("limits.body-timeout") }
    return (result, names)
  }
}

extension ConfigurationKey {
  /// What a value looks like, for errors.
  fileprivate var hint: String {
    if name.hasSuffix("timeout") || name == "limits.wait" {
      return "a time such as 500ms, 30s or 2h, at most 8760h"
    }
    switch name {
    case "listen": return "an address such as 127.0.0.1:7300, or unix:/run/falconet.sock"
    case "confirm.rate": return "a number from 0 to 1"
    case "data": return "an absolute path"
    case "log-level": return "trace, debug, info, notice, warning, error or critical"
    case "limits.memory", "limits.disk", "limits.preimages", "limits.game-disk",
      "limits.game-memory", "limits.body", "limits.answers",
      "limits.upload", "limits.preimage", "limits.header":
      return "a size such as 64KiB or 8GiB"
    case "limits.cores", "limits.slow-hosts":
      return "a whole number from 0 to \(Self.coreRange.upperBound)"
    default: return "a whole number from 1 to \(Self.countRange.upperBound)"
    }
  }
}

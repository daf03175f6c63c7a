import Foundation

/// What a start, a reload and `--check` look at beyond the file.
extension Configuration {
  /// The secret that requests must carry, without the end of its line; nil if they need none.
  ///
  /// - Parameter file: the configuration's name for errors.
  func secret(_ file: String?) throws(ConfigurationError) -> [UInt8]? {
    guard let path = tokenFile else {
      if listen.isLocal { return nil }
      throw ConfigurationError(
        file: file ?? "--listen",
        message: "\(listen) can be reached from other machines, so token-file must name a secret;"
          + " TLS belongs to a proxy in front")
    }
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

  /// What looks like a mistake but may come later: roots and programs that are not there.
  var remarks: [String] {
    var remarks: [String] = []
    for root in roots where !Files.isDirectory(root) {
      remarks.append("roots: \(root) is no directory, so that no path below it can be named")
    }
    var commands = hosts.sorted { $0.key < $1.key }.map { ("hosts: \($0.key)", $0.value) }
    commands += [("confirm.vm", confirm.vm), ("confirm.server", confirm.server)]
    for (name, command) in commands {
      guard let program = command.first, !Self.isProgram(program) else { continue }
      remarks.append("\(name): there is no program \(program)")
    }
    return remarks
  }

  /// Whether a program can be started, which is looked up as a shell does.
  private static func isProgram(_ name: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let places = name.contains("/") ? [name] : path.split(separator: ":").map { "\($0)/\(name)" }
    return places.contains { access($0, X_OK) == 0 && !Files.isDirectory($0) }
  }
}

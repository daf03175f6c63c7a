import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetSystem
import Keccak
import SystemPackage

extension PreimageSource {
  /// Has a store answer before the origin is asked.
  ///
  /// The name of the host that answers for pre-images which cannot be checked is the origin's. A store
  /// that is corrupt, or whose disk is full, is reported and not used.
  package mutating func use(_ store: StoreOptions) {
    var options = store
    options.giver = options.giver ?? giver
    cache = { [options] report throws(PreimageError) in
      var options = options
      options.report = report
      do throws(StoreError) { return try PreimageStore(options) } catch {
        switch error {
        case .corrupt, .noRoom:
          report("\(error)")
          return NoCache()
        case .notAStore, .otherFormat, .unusable, .file:
          throw PreimageError(.unreadable, message: error.description)
        }
      }
    }
  }

  /// The name of who gives this origin's pre-images.
  private var giver: String? {
    switch origin {
    case .server(let command): HostName.of(command)
    case .directory(let path): "directory " + HostName.absolute(path)
    case .none, .custom: nil
    }
  }
}

/// The name by which a store knows a host.
package enum HostName {
  /// The path of the program, with links followed, and the words after it up to the first that begins
  /// with a hyphen: those that follow are another in each game.
  package static func of(_ command: [String]) -> String? {
    guard let program = command.first else { return nil }
    let words = command.dropFirst().prefix { !$0.hasPrefix("-") }
    return ([find(program)] + words).joined(separator: " ")
  }

  private static func find(_ program: String) -> String {
    if program.contains("/") { return absolute(program) }
    let path = getenv("PATH").map { String(fileName: $0) } ?? ""
    for directory in path.split(separator: ":") {
      let candidate = "\(directory)/\(program)"
      if candidate.withFileName({ access($0, X_OK) }) == 0 { return absolute(candidate) }
    }
    return program
  }

  /// The path without links; as it is if there is no such file.
  static func absolute(_ path: String) -> String {
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    guard let resolved = path.withFileName({ realpath($0, nil) }) else { return path }
    defer { free(resolved) }
    return String(fileName: resolved)
  }
}

/// Has nothing.
private final class NoCache: PreimageCache {
  func preimage(for key: Bytes32) -> [UInt8]? { nil }
  func commitments() -> [[UInt8]] { [] }
  func add(_ key: Bytes32, _ preimage: [UInt8]) {}
  func flush() {}
}

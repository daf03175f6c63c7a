import ArgumentParser
import FalconetForeignVM

extension ForeignLibrary {
  /// Loads the library that a flag names.
  static func load(_ path: String) throws(CommandError) -> ForeignLibrary {
    do throws(ForeignError) { return try ForeignLibrary(path: path) } catch {
      throw CommandError("\(error)")
    }
  }
}

extension CommandError {
  /// A call of another VM that failed, which may be an interruption.
  init(_ error: ForeignError) {
    if error.isInterruption {
      self = .interrupted
    } else {
      self.init("\(error)")
    }
  }
}

import FalconetSystem
import Synchronization

/// This program, to be started again.
enum OwnProgram {
  /// What it was started as, for a system without `/proc`.
  private static let name = Mutex("falconet")

  /// Notes what the program was started as.
  static func note(name: String) { self.name.withLock { $0 = name } }

  /// Its path, or its name if it was found in PATH.
  static var path: String {
    "/proc/self/exe".pathWithoutLinks ?? name.withLock { $0 }
  }
}

import FalconetLibc
import Synchronization

/// This program, to be started again.
enum OwnProgram {
  /// What it was started as, for a system without `/proc`.
  private static let name = Mutex("falconet")

  /// Notes what the program was started as.
  static func note(name: String) { self.name.withLock { $0 = name } }

  /// Its path, or its name if it was found in PATH.
  static var path: String {
    guard let path = realpath("/proc/self/exe", nil) else { return name.withLock { $0 } }
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(path) }
    return String(fileName: path)
  }
}

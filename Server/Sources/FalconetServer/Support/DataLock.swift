import Foundation

/// Keeps other services out of a data directory, until the process ends in whatever way.
struct DataLock: Sendable {
  /// Never closed: the system frees the lock with the process.
  private let descriptor: Int32

  init(_ directory: String) throws(ConfigurationError) {
    let path = directory + "/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ConfigurationError(
        file: path,
        message: "the data directory cannot be used: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw ConfigurationError(
        file: directory,
        message: "another falconet-server uses this data directory: stop it, or name another")
    }
  }
}

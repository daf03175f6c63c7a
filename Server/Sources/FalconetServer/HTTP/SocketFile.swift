import Foundation

/// The file of a socket that the service listens on.
enum SocketFile {
  /// Refuses a path that somebody listens on, or that is something else. What a service that was killed left is no
  /// obstacle.
  static func checkFree(_ path: String) throws(ConfigurationError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ConfigurationError(file: path, message: "this is no socket: name another path")
    }
    guard !isServed(path) else {
      throw ConfigurationError(
        file: path, message: "another program listens on this socket: stop it, or name another path"
      )
    }
  }

  private static func isServed(_ path: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { place in
      place.copyBytes(from: path.utf8.prefix(place.count - 1))
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}

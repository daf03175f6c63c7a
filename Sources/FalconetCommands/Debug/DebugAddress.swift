import FalconetLibc
import FalconetSystem

/// Where a debugger connects to.
enum DebugAddress: Equatable {
  /// An IPv4 address and a port; 0 is any that is free.
  case network(host: String, port: UInt16)
  /// The path of a Unix socket.
  case socket(String)

  static let usual = "127.0.0.1:2159"

  /// `HOST:PORT`, `PORT`, or a path with a slash.
  init(_ text: String) throws(UsageError) {
    if text.contains("/") {
      guard text.fileNameBytes.count < Self.longestPath else {
        throw UsageError("--listen: the path of a socket has less than \(Self.longestPath) bytes")
      }
      self = .socket(text)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let host = parts.count == 2 ? String(parts[0]) : "127.0.0.1"
    var parsed = in_addr()
    guard parts.count <= 2, let port = parts.last.flatMap({ UInt16($0) }),
      inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &parsed) == 1
    else {
      throw UsageError(
        "--listen \(text): give an IPv4 address and a port, such as \(Self.usual), or the path of a"
          + " socket, such as ./debug.socket")
    }
    self = .network(host: host == "localhost" ? "127.0.0.1" : host, port: port)
  }

  /// Bytes of the path in a socket's address, the zero at its end included.
  static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

  /// Whether only this machine's programs can connect.
  var isLocal: Bool {
    switch self {
    case .socket: true
    case .network(let host, _): host.hasPrefix("127.")
    }
  }
}

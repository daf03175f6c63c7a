import FalconetLibc
import FalconetSystem

/// A socket that debuggers connect to.
///
/// Safety: addresses of sockets are rebound to the general type for one call, with their own size.
final class DebugListener {
  /// What a debugger is to connect to: `127.0.0.1:2159`, or the path of a socket.
  let name: String
  let descriptor: Int32
  private let path: String?

  init(_ address: DebugAddress) throws(CommandError) {
    switch address {
    case .network(let host, let port):
      (descriptor, name) = try Self.bind(host, port)
      path = nil
    case .socket(let path):
      descriptor = try Self.bind(path)
      name = path
      self.path = path
    }
    guard listen(descriptor, 1) == 0 else { throw Self.failure("cannot listen on \(name)") }
  }

  deinit {
    close(descriptor)
    if let path { path.withFileName { _ = unlink($0) } }
  }

  private static func failure(_ text: String) -> CommandError {
    CommandError("\(text): \(String(cString: strerror(errno)))")
  }

  private static func make(_ family: Int32) throws(CommandError) -> Int32 {
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("a socket cannot be made") }
    return descriptor
  }

  private static func bind(
    _ host: String, _ port: UInt16
  ) throws(CommandError) -> (Int32, name: String) {
    let descriptor = try make(AF_INET)
    var yes: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    var size = socklen_t(MemoryLayout.size(ofValue: address))
    let isBound = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(descriptor, address, size) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard isBound else {
      let error = failure("cannot listen on \(host):\(port)")
      close(descriptor)
      throw error
    }
    return (descriptor, "\(host):\(UInt16(bigEndian: address.sin_port))")
  }

  private static func bind(_ path: String) throws(CommandError) -> Int32 {
    let descriptor = try make(AF_UNIX)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { place in
      for (index, byte) in path.fileNameBytes.prefix(place.count - 1).enumerated() {
        place[index] = byte
      }
    }
    // Nobody else may connect.
    let mask = umask(0o177)
    let isBound = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        Glibc.bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    let error = failure("cannot listen on \(path)")
    umask(mask)
    guard isBound else {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Waits for a debugger.
  ///
  /// - Parameter isOver: is asked from time to time whether there is nobody to wait for.
  /// - Returns: the connection; nil if it is over.
  func accept(_ isOver: () -> Bool) throws(CommandError) -> DebugConnection? {
    while true {
      if Interruption.isRequested { throw CommandError.interrupted }
      if isOver() { return nil }
      var polled = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polled, 2, 200) > 0, polled[0].revents != 0 else { continue }
      let connection = Glibc.accept(descriptor, nil, nil)
      guard connection >= 0 else { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      return DebugConnection(connection)
    }
  }
}

/// A debugger's connection.
///
/// Safety: buffers are valid during the calls that use them, and counts are theirs.
final class DebugConnection {
  private let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var yes: Int32 = 1
    // Fails for a Unix socket, which sends at once in any case.
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
  }

  deinit { close(descriptor) }

  /// Waits for bytes. Nil if the debugger is gone.
  func receive() throws(CommandError) -> [UInt8]? {
    while true {
      if Interruption.isRequested { throw CommandError.interrupted }
      var polled = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polled, 2, -1) > 0, polled[0].revents != 0 else { continue }
      return arrived
    }
  }

  /// The bytes that are there, without waiting; nil if the debugger is gone.
  var arrived: [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBytes {
      recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
    return count == 0 ? nil : Array(buffer.prefix(count))
  }

  /// Sends bytes. False if the debugger is gone.
  func send(_ bytes: [UInt8]) throws(CommandError) -> Bool {
    var done = 0
    while done < bytes.count {
      if Interruption.isRequested { throw CommandError.interrupted }
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN || errno == EINTR {
        var polled = [
          pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
          pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&polled, 2, -1)
      } else {
        return false
      }
    }
    return true
  }
}

import FalconetLibc
import FalconetSystem

/// Why the service did not answer.
struct ServiceFailure: Error, CustomStringConvertible {
  let description: String
  /// The status of HTTP, if there was a response.
  var status: Int?
}

/// Where the service listens: `unix:/PATH`, or an IPv4 address and a port.
enum ServiceAddress: Equatable {
  case socket(String)
  case network(host: String, port: UInt16)

  init(_ text: String) throws(UsageError) {
    if text.hasPrefix("unix:/") {
      let path = String(text.dropFirst(5))
      guard path.fileNameBytes.count < DebugAddress.longestPath else {
        throw UsageError(
          "--server: the path of a socket has less than \(DebugAddress.longestPath) bytes")
      }
      self = .socket(path)
      return
    }
    let name = text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    let host = parts[0] == "localhost" ? "127.0.0.1" : String(parts[0])
    var parsed = in_addr()
    guard parts.count == 2, let port = UInt16(parts[1]), inet_pton(AF_INET, host, &parsed) == 1
    else {
      throw UsageError(
        "--server \(text): give an IPv4 address and a port, such as 127.0.0.1:7300, or unix:/PATH")
    }
    self = .network(host: host, port: port)
  }
}

/// A connection to the service: one request after the other.
///
/// Safety: addresses of sockets are rebound to the general type for one call, with their own size, and
/// buffers are valid during the calls that use them, with counts that are theirs.
final class ServiceConnection {
  struct Response {
    let status: Int
    let headers: [String: String]
    var body: [UInt8]
  }

  /// The most bytes of a response that is no file.
  private static let bodyLimit = 64 << 20
  private static let headLimit = 1 << 20
  /// How long the service may send nothing. It answers each request within 20 s, as far as it is asked to.
  private static let timeout: Int32 = 60_000

  /// The service closes a connection that is idle for longer, while a host takes its time.
  private static let idleTime = Duration.seconds(5)

  private let address: ServiceAddress
  private let token: String?
  /// Seconds within which each question must be answered; nil if none has a deadline.
  let deadline: UInt64?
  private var descriptor: Int32 = -1
  private var lastUsed = ContinuousClock.now
  private var received: [UInt8] = []

  init(
    _ address: ServiceAddress, token: String?, deadline: UInt64? = nil
  ) throws(ServiceFailure) {
    self.address = address
    self.token = token
    self.deadline = deadline
    try connect()
  }

  private func connect() throws(ServiceFailure) {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    received = []
    switch address {
    case .socket(let path):
      descriptor = try Self.make(AF_UNIX)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { place in
        for (index, byte) in path.fileNameBytes.prefix(place.count - 1).enumerated() {
          place[index] = byte
        }
      }
      try connect(to: address, path)
    case .network(let host, let port):
      descriptor = try Self.make(AF_INET)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      inet_pton(AF_INET, host, &address.sin_addr)
      var yes: Int32 = 1
      setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes,
        socklen_t(MemoryLayout.size(ofValue: yes)))
      try connect(to: address, "\(host):\(port)")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func make(_ family: Int32) throws(ServiceFailure) -> Int32 {
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("a socket cannot be made") }
    return descriptor
  }

  private static func failure(_ text: String) -> ServiceFailure {
    ServiceFailure(description: "\(text): \(String(cString: strerror(errno)))")
  }

  private func connect<Address>(to address: Address, _ name: String) throws(ServiceFailure) {
    let status = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard status == 0 else { throw Self.failure("nothing listens on \(name)") }
  }

  // MARK: Requests

  /// Sends a request, and gets the response.
  ///
  /// - Parameter file: takes the body in parts if it is a file.
  func ask(
    _ method: String, _ path: String, type: String = "application/json", _ body: [UInt8] = [],
    file: (([UInt8]) throws(ServiceFailure) -> Void)? = nil
  ) throws(ServiceFailure) -> Response {
    try sendHead(method, path, type, count: UInt64(body.count))
    try send(body)
    return try response(file)
  }

  /// Sends a file in the body of a request.
  func upload(_ path: String, to resource: String) throws(ServiceFailure) -> Response {
    let file = path.withFileName { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw Self.failure("\(path) cannot be read") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Self.failure("\(path) cannot be read") }
    try sendHead("POST", resource, "application/octet-stream", count: UInt64(status.st_size))
    var rest = Int(status.st_size)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while rest > 0 {
      let size = min(rest, buffer.count)
      let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, size) }
      guard count > 0 else { throw ServiceFailure(description: "\(path) became shorter") }
      try send(Array(buffer[..<count]))
      rest -= count
    }
    return try response(nil)
  }

  private func sendHead(
    _ method: String, _ path: String, _ type: String, count: UInt64
  ) throws(ServiceFailure) {
    if ContinuousClock.now - lastUsed > Self.idleTime { try connect() }
    var head = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
    if count > 0 || method == "POST" {
      head += "content-type: \(type)\r\ncontent-length: \(count)\r\n"
    }
    if let token { head += "authorization: Bearer \(token)\r\n" }
    try send(Array((head + "\r\n").utf8))
  }

  private func send(_ bytes: [UInt8]) throws(ServiceFailure) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN || errno == EINTR {
        try wait(for: POLLOUT)
      } else if hasAnswer {
        // It refuses the request before its end: the response says why.
        return
      } else {
        throw Self.failure("the service went away")
      }
    }
  }

  private var hasAnswer: Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 0) > 0 && polled.revents & Int16(POLLIN) != 0
  }

  private func wait(for events: Int32) throws(ServiceFailure) {
    var polled = [
      pollfd(fd: descriptor, events: Int16(events), revents: 0),
      pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&polled, 2, Self.timeout)
    if Interruption.isRequested { throw ServiceFailure(description: "interrupted") }
    guard count != 0 else {
      throw ServiceFailure(description: "the service has not answered for \(Self.timeout / 1000) s")
    }
  }

  // MARK: Responses

  private func receive() throws(ServiceFailure) {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        received += buffer[..<count]
        return
      }
      guard count < 0, errno == EAGAIN || errno == EINTR else {
        throw ServiceFailure(description: "the service closed the connection")
      }
      try wait(for: POLLIN)
    }
  }

  private func response(
    _ file: (([UInt8]) throws(ServiceFailure) -> Void)?
  ) throws(ServiceFailure) -> Response {
    defer { lastUsed = .now }
    var response = try head()
    guard var rest = response.headers["content-length"].flatMap({ UInt64($0) }) else {
      throw ServiceFailure(description: "the service's response has no length")
    }
    let takes = response.headers["content-type"] == "application/octet-stream" ? file : nil
    guard takes != nil || rest <= Self.bodyLimit else {
      throw ServiceFailure(description: "the service's response is too long")
    }
    while rest > 0 {
      if received.isEmpty { try receive() }
      let part = Array(received.prefix(Int(clamping: rest)))
      received.removeFirst(part.count)
      rest -= UInt64(part.count)
      if let takes { try takes(part) } else { response.body += part }
    }
    return response
  }

  private func head() throws(ServiceFailure) -> Response {
    let end: Array<UInt8>.Index
    while true {
      if let range = received.firstRange(of: Array("\r\n\r\n".utf8)) {
        end = range.lowerBound
        break
      }
      guard received.count < Self.headLimit else {
        throw ServiceFailure(description: "what listens there does not speak HTTP")
      }
      try receive()
    }
    let lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
    received.removeFirst(end + 4)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw ServiceFailure(description: "what listens there does not speak HTTP")
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return Response(status: status, headers: headers, body: [])
  }
}

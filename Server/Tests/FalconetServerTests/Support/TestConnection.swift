import Foundation
import Testing

@testable import FalconetServer

struct TestResponse {
  let status: Int
  let headers: [String: String]
  let body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSON { (try? JSON(parsing: body)) ?? .null }
  var error: String? { json["error"]?["code"]?.text(of: String.self) }
}

/// A connection, byte by byte if a test wants that.
final class TestConnection {
  struct Ended: Error { let received: [UInt8] }

  private let descriptor: Int32
  private var received: [UInt8] = []

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    var timeout = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func ask(
    _ method: String, _ path: String, _ headers: [String: String] = [:], _ body: [UInt8] = []
  ) throws -> TestResponse {
    var head = "\(method) \(path) HTTP/1.1\r\n"
    if headers["host"] == nil { head += "host: 127.0.0.1\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if !body.isEmpty, headers["content-length"] == nil {
      head += "content-length: \(body.count)\r\n"
    }
    send(Array((head + "\r\n").utf8) + body)
    return try response(hasBody: method != "HEAD")
  }

  /// The next response.
  func response(hasBody: Bool = true) throws -> TestResponse {
    while true {
      if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self)
          .components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        received.removeSubrange(..<end.upperBound)
        var body: [UInt8] = []
        if hasBody {
          if headers["transfer-encoding"] == "chunked" {
            body = try chunks()
          } else {
            let count = Int(headers["content-length"] ?? "0") ?? 0
            while received.count < count { try read() }
            body = Array(received[..<count])
            received.removeSubrange(..<count)
          }
        }
        return TestResponse(
          status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
      }
      try read()
    }
  }

  private func chunks() throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      while received.firstRange(of: Array("\r\n".utf8)) == nil { try read() }
      let end = received.firstRange(of: Array("\r\n".utf8))!
      let count = Int(String(decoding: received[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
      while received.count < end.upperBound + count + 2 { try read() }
      body += received[end.upperBound..<end.upperBound + count]
      received.removeSubrange(..<(end.upperBound + count + 2))
      if count == 0 { return body }
    }
  }

  private func read() throws {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { throw Ended(received: received) }
    received += buffer[..<count]
  }

  /// Whether the server has closed the connection. Waits for it.
  func isClosed() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count == 0 { return true }
      if count < 0 { return errno == ECONNRESET }
    }
  }
}

import HummingbirdCore
import NIOCore
import Synchronization

/// The body of a request, in parts, and whether all of it was read.
final class AskBody: Sendable {
  private let body: RequestBody
  private let begun = Atomic(false)
  private let ended = Atomic(false)

  init(_ body: RequestBody) { self.body = body }

  var isRead: Bool { ended.load(ordering: .acquiring) }

  func read(_ take: (ByteBuffer) throws -> Void) async throws {
    begun.store(true, ordering: .releasing)
    for try await part in body { try take(part) }
    ended.store(true, ordering: .releasing)
  }

  /// Drops the body, up to some bytes, if nothing of it was read: it can be read once.
  func drop(_ limit: Int) async throws {
    if begun.load(ordering: .acquiring) { return }
    var count = 0
    for try await part in body {
      count += part.readableBytes
      if count > limit { return }
    }
  }
}

/// A request as a route gets it.
struct Ask: Sendable {
  let service: Service
  /// What became of the requests so far.
  let requests: Responder.Counts
  /// The values of the names in the route's path.
  let path: [String: String]
  let query: [String: String]
  let contentType: String
  let contentLength: UInt64?
  let body: AskBody

  func parameter(_ name: String) -> String { path[name] ?? "" }

  /// A whole number of the path.
  func index(_ name: String) throws(ServiceError) -> UInt64 {
    guard let value = UInt64(parameter(name)), parameter(name).utf8.allSatisfy({ $0 != 0x2B })
    else {
      throw .badRequest("\(name) must be a whole number below 2^64")
    }
    return value
  }

  /// The longest time that a request may name, in seconds.
  static let secondsLimit = 1e6

  /// A time of the query, in seconds.
  func seconds(_ name: String, most: Duration = .seconds(secondsLimit)) throws(ServiceError)
    -> Duration?
  {
    guard let text = query[name] else { return nil }
    guard text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let value = Double(text)
    else { throw Self.noTime(name) }
    return min(try Self.duration(value, name), most)
  }

  static func duration(_ seconds: Double, _ name: String) throws(ServiceError) -> Duration {
    guard seconds >= 0, seconds <= secondsLimit else { throw noTime(name) }
    return .milliseconds(Int64(seconds * 1000))
  }

  static func noTime(_ name: String) -> ServiceError {
    .badRequest("\(name) must be a number of seconds, at most 1000000")
  }

  /// A whole number of the query.
  func count(_ name: String, _ range: ClosedRange<UInt64>) throws(ServiceError) -> UInt64? {
    guard let text = query[name] else { return nil }
    guard text.utf8.allSatisfy({ 48...57 ~= $0 }), let value = UInt64(text), range.contains(value)
    else {
      throw .badRequest(
        "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// An address of the query, in hexadecimal.
  func address(_ name: String) throws(ServiceError) -> UInt64? {
    guard let text = query[name] else { return nil }
    guard text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16),
      !text.contains("+")
    else { throw .badRequest("\(name) must be an address, such as 0x1000") }
    return value
  }

  /// Refuses names in the query that the route does not know.
  func checkQuery(_ names: Set<String>) throws(ServiceError) {
    if let other = query.keys.first(where: { !names.contains($0) }) {
      throw .badRequest("\(other.prefix(100)) is no parameter of this resource")
    }
  }

  /// The body, up to a limit.
  func bytes(limit: Int, name: String) async throws -> [UInt8] {
    let error = ServiceError.tooLarge(
      "the body is longer than \(limit) bytes", remedy: "send less, or raise \(name)")
    if let contentLength, contentLength > UInt64(limit) { throw error }
    var bytes: [UInt8] = []
    try await body.read { part in
      guard bytes.count + part.readableBytes <= limit else { throw error }
      bytes += part.readableBytesView
    }
    if let contentLength, contentLength != UInt64(bytes.count) {
      throw ServiceError.badRequest("the body ends early")
    }
    return bytes
  }

  /// The body as an object with members of these names alone.
  func object(_ names: Set<String>) async throws -> JSON {
    guard contentType == "application/json" else {
      throw ServiceError(
        status: 415, code: "unsupported-media-type", message: "the body must be JSON",
        remedy: "send it with Content-Type: application/json")
    }
    let bytes = try await bytes(limit: service.limits.body, name: "limits.body")
    let json: JSON
    do { json = try JSON(parsing: bytes) } catch {
      throw ServiceError.badRequest(
        "the body is not JSON: \(error.reason), at byte \(error.offset)")
    }
    guard case .object(let members) = json else {
      throw ServiceError.badRequest("the body must be an object")
    }
    if let other = members.first(where: { !names.isEmpty && !names.contains($0.name) }) {
      throw ServiceError.badRequest("\(other.name.prefix(100)) is no member of this request")
    }
    return json
  }
}

/// A response as a route gives it.
struct Answer: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// A file that is sent in parts.
    case file(String)
    /// Events as they happen, in the format of server-sent events.
    case events(AsyncStream<String>)
  }

  var status = 200
  var type = "application/json"
  var headers: [(name: String, value: String)] = []
  var body: Body

  static func json(_ json: JSON, status: Int = 200) -> Answer {
    Answer(status: status, body: .bytes(json.bytes))
  }

  static func error(_ error: ServiceError) -> Answer {
    var answer = Answer.json(error.json, status: error.status)
    if let seconds = error.retryAfter { answer.headers.append(("retry-after", "\(seconds)")) }
    return answer
  }
}

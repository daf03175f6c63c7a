import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Answers a request: who may ask, which route it is, and what it answers.
final class Responder: Sendable {
  let service: Service
  private let router = Router()
  private let address: ListenAddress
  let counts = Mutex(Counts())

  struct Counts: Sendable {
    var inProgress = 0
    var byStatus: [Int: UInt64] = [:]
  }

  /// Thrown after a response, so that the connection is closed though the client still sends.
  private struct Unread: Error {}

  init(_ service: Service, _ address: ListenAddress) {
    self.service = service
    self.address = address
  }

  func respond(
    _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
  ) async throws {
    let isHead = request.method == .head
    let hasBody =
      request.headers[.transferEncoding] != nil
      || (request.headers[.contentLength].flatMap { UInt64($0) } ?? 0) > 0
    let body = AskBody(request.body)
    let answer = await answer(to: request, body)
    let isRead = !hasBody || body.isRead
    counts.withLock { $0.byStatus[answer.status, default: 0] += 1 }
    let closes = !isRead || request.headers[.connection]?.lowercased() == "close"
    try await send(answer, isHead: isHead, closes: closes, writer)
    guard !isRead else { return }
    // The client may read the answer only once it has sent its body: a little of it is dropped.
    try await body.drop(1 << 20)
    throw Unread()
  }

  private func answer(to request: Request, _ body: AskBody) async -> Answer {
    let limit = service.limits.requests
    let isFree = counts.withLock { counts in
      counts.inProgress += 1
      return counts.inProgress <= limit
    }
    defer { counts.withLock { $0.inProgress -= 1 } }
    do {
      let (route, values) = try route(of: request)
      // Who watches the service must see it most of all when it is busy.
      guard isFree || route.isOpen || route.path == "/metrics" else {
        throw ServiceError.busy(
          "\(limit) requests are being answered", remedy: "ask again, or raise limits.requests")
      }
      let type = request.headers[.contentType]?.split(separator: ";").first
        .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
      let ask = Ask(
        service: service, requests: counts.withLock { $0 }, path: values,
        query: try query(of: request),
        contentType: type ?? "",
        contentLength: request.headers[.contentLength].flatMap { UInt64($0) },
        body: body)
      return try await route.answer(ask)
    } catch let error as ServiceError {
      return .error(error)
    } catch {
      // The client went away, or its request ended early.
      return .error(.badRequest("the request could not be read: \(error)"))
    }
  }

  // MARK: Who may ask

  /// Refuses a client that may not ask for what is of games.
  func check(_ head: HTTPRequest) throws(ServiceError) {
    try checkOrigin(head)
    try checkToken(head)
  }

  private func route(of request: Request) throws(ServiceError) -> (Route, [String: String]) {
    try checkOrigin(request.head)
    let path = request.head.path.map { $0.prefix { $0 != "?" } } ?? "/"
    guard let decoded = String(path).removingPercentEncoding, !decoded.utf8.contains(0) else {
      throw .badRequest("the path is not UTF-8")
    }
    let match = router.match(request.method.rawValue, decoded)
    if case .route(let route, _) = match, route.isOpen {
    } else {
      try checkToken(request.head)
    }
    switch match {
    case .route(let route, let values): return (route, values)
    case .otherMethods(let methods):
      throw ServiceError(
        status: 405, code: "method-not-allowed",
        message: "the resource has no \(request.method.rawValue.prefix(20))",
        remedy: "use \(methods.joined(separator: ", "))")
    case .none: throw .notFound("there is no such resource", remedy: "see /openapi.yaml")
    }
  }

  /// A page of another origin may not ask, even if a name was made to lead here.
  private func checkOrigin(_ head: HTTPRequest) throws(ServiceError) {
    let authority = head.authority ?? ""
    if let origin = head.headerFields[.origin] {
      guard origin == "http://\(authority)" || origin == "https://\(authority)" else {
        throw .forbidden("pages of other origins may not use the service")
      }
    }
    guard case .tcp = address, address.isLocal, service.token == nil else { return }
    let host =
      authority.hasPrefix("[::1]")
      ? "::1" : authority.split(separator: ":").first.map(String.init) ?? ""
    guard ListenAddress.isLoopback(host) else {
      throw .forbidden(
        "the request is for another host than this machine", remedy: "use 127.0.0.1, or a token")
    }
  }

  private func checkToken(_ head: HTTPRequest) throws(ServiceError) {
    guard let token = service.token else { return }
    let header = head.headerFields[.authorization] ?? ""
    // The word before the token may be written in any case.
    let given = header.lowercased().hasPrefix("bearer ") ? Array(header.utf8.dropFirst(7)) : []
    guard isEqualInConstantTime(given, token) else {
      throw ServiceError(
        status: 401, code: "unauthorized", message: "the token is missing or wrong",
        remedy: "send 'Authorization: Bearer TOKEN'")
    }
  }

  private func query(of request: Request) throws(ServiceError) -> [String: String] {
    guard let path = request.head.path, let mark = path.firstIndex(of: "?") else { return [:] }
    var values: [String: String] = [:]
    for pair in path[path.index(after: mark)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = String(parts[0]).removingPercentEncoding,
        let value = (parts.count > 1 ? String(parts[1]) : "").removingPercentEncoding,
        values.updateValue(value, forKey: name) == nil
      else { throw .badRequest("the query cannot be read: a name appears twice, or is not UTF-8") }
    }
    return values
  }

  // MARK: Sending

  /// What every response has.
  static let commonFields: HTTPFields = {
    var fields = HTTPFields()
    fields[.init("x-content-type-options")!] = "nosniff"
    fields[.init("referrer-policy")!] = "no-referrer"
    return fields
  }()

  private func send(
    _ answer: Answer, isHead: Bool, closes: Bool, _ writer: consuming ResponseWriter
  ) async throws {
    var fields = Self.commonFields
    fields[.contentType] = answer.type
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    if answer.status == 401 { fields[.wwwAuthenticate] = "Bearer" }
    if answer.status == 405, case .bytes(let bytes) = answer.body,
      let json = try? JSON(parsing: bytes), case .string(let text)? = json["error"]?["remedy"]
    {
      fields[.allow] = String(text.dropFirst(4))
    }
    if closes { fields[.connection] = "close" }
    let status = HTTPResponse.Status(code: answer.status)
    switch answer.body {
    case .bytes(let bytes):
      fields[.contentLength] = "\(bytes.count)"
      let head = HTTPResponse(status: status, headerFields: fields)
      if isHead { return try await writer.writeResponse(head) }
      try await writer.write(
        response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    case .file(let path):
      try await send(file: path, status, fields, isHead: isHead, writer)
    case .events(let events):
      let head = HTTPResponse(status: status, headerFields: fields)
      if isHead { return try await writer.writeResponse(head) }
      var body = try await writer.writeHead(head)
      for await event in events { try await body.write(ByteBuffer(string: event)) }
      try await body.finish(nil)
    }
  }

  private func send(
    file path: String, _ status: HTTPResponse.Status, _ fields: HTTPFields, isHead: Bool,
    _ writer: consuming ResponseWriter
  ) async throws {
    var fields = fields
    guard let file = FileHandle(forReadingAtPath: path) else {
      let gone = ServiceError.notFound("the state is not there any more", remedy: "ask again")
      fields[.contentType] = "application/json"
      let bytes = gone.json.bytes
      fields[.contentLength] = "\(bytes.count)"
      return try await writer.write(
        response: HTTPResponse(status: .notFound, headerFields: fields),
        body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
    defer { try? file.close() }
    fields[.contentLength] = "\(Files.size(path))"
    let head = HTTPResponse(status: status, headerFields: fields)
    if isHead { return try await writer.writeResponse(head) }
    var body = try await writer.writeHead(head)
    while let part = try file.read(upToCount: 256 << 10), !part.isEmpty {
      try await body.write(ByteBuffer(bytes: part))
    }
    try await body.finish(nil)
  }
}

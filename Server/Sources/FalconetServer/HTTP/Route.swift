/// A resource with a method: the table of all of them.
struct Route: Sendable {
  let method: String
  /// The path, with names in braces for what varies.
  let path: String
  /// Whether it is answered without a token: nothing of a game is in it.
  let isOpen: Bool
  let answer: @Sendable (Ask) async throws -> Answer
  let segments: [Segment]

  enum Segment: Sendable, Equatable {
    case fixed(String)
    case name(String)
  }

  init(
    _ method: String, _ path: String, isOpen: Bool = false,
    _ answer: @escaping @Sendable (Ask) async throws -> Answer
  ) {
    self.method = method
    self.path = path
    self.isOpen = isOpen
    self.answer = answer
    segments = path.split(separator: "/").map {
      $0.hasPrefix("{") ? .name(String($0.dropFirst().dropLast())) : .fixed(String($0))
    }
  }

  /// The values of the names in the path, if a path is of this route.
  func match(_ parts: [String]) -> [String: String]? {
    guard parts.count == segments.count else { return nil }
    var values: [String: String] = [:]
    for (part, segment) in zip(parts, segments) {
      switch segment {
      case .fixed(let text): if part != text { return nil }
      case .name(let name): values[name] = part
      }
    }
    return values
  }

  static let all: [Route] = pages + prestates + games + questions + jobs

  private static let pages = [
    Route("GET", "/", isOpen: true) { _ in
      Answer(
        type: "text/html; charset=utf-8",
        headers: [
          (
            "content-security-policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
              + " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
          )
        ], body: .bytes(Page.bytes))
    },
    Route("GET", "/healthz", isOpen: true) { _ in .json(.object(["status": .string("ok")])) },
    Route("GET", "/readyz", isOpen: true) { ask in
      guard ask.service.isReady else { throw ServiceError.stopping }
      return .json(.object(["status": .string("ready")]))
    },
    Route("GET", "/metrics") { ask in
      Answer(
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: .bytes(Array(ServiceMetrics.text(.init(ask.service, ask.requests)).utf8)))
    },
    Route("GET", "/openapi.yaml", isOpen: true) { _ in
      Answer(type: "application/yaml", body: .bytes(Page.description))
    },
  ]
}

/// The routes of a method and a path.
struct Router: Sendable {
  enum Match: Sendable {
    case route(Route, [String: String])
    /// The path has other methods.
    case otherMethods([String])
    case none
  }

  func match(_ method: String, _ path: String) -> Match {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    let wanted = method == "HEAD" ? "GET" : method
    var others: [String] = []
    for route in Route.all {
      guard let values = route.match(parts) else { continue }
      if route.method == wanted { return .route(route, values) }
      others.append(route.method)
    }
    return others.isEmpty ? .none : .otherMethods(others)
  }
}

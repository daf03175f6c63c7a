import Falconet

/// Why a request is not answered: what is wrong, where, and what to do, with the status of HTTP that says
/// whose fault it is.
struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
  let status: Int
  /// A word for programs.
  let code: String
  let message: String
  var remedy: String?
  /// Seconds after which the same request may succeed.
  var retryAfter: Int?

  var description: String { remedy.map { "\(message): \($0)" } ?? message }

  var json: JSON {
    .object([
      "error": .object([
        "code": .string(code), "message": .string(message), "remedy": remedy.map { .string($0) },
      ])
    ])
  }

  static func badRequest(_ message: String, remedy: String? = nil) -> ServiceError {
    ServiceError(status: 400, code: "invalid-argument", message: message, remedy: remedy)
  }

  static func notFound(_ message: String, remedy: String? = nil) -> ServiceError {
    ServiceError(status: 404, code: "not-found", message: message, remedy: remedy)
  }

  static func forbidden(_ message: String, remedy: String? = nil) -> ServiceError {
    ServiceError(status: 403, code: "forbidden", message: message, remedy: remedy)
  }

  static func conflict(_ code: String, _ message: String, remedy: String? = nil) -> ServiceError {
    ServiceError(status: 409, code: code, message: message, remedy: remedy)
  }

  static func tooLarge(_ message: String, remedy: String) -> ServiceError {
    ServiceError(status: 413, code: "too-large", message: message, remedy: remedy)
  }

  /// A limit on what is done at once: the same request may succeed later.
  static func busy(_ message: String, remedy: String) -> ServiceError {
    ServiceError(status: 429, code: "busy", message: message, remedy: remedy, retryAfter: 1)
  }

  static let fullCode = "full"

  /// A limit on what is kept.
  static func full(_ message: String, remedy: String) -> ServiceError {
    ServiceError(status: 507, code: fullCode, message: message, remedy: remedy)
  }

  static let cancelled = ServiceError(
    status: 409, code: "cancelled", message: "the question was cancelled", remedy: "ask again")

  static let stopping = ServiceError(
    status: 503, code: "stopping", message: "the service is stopping",
    remedy: "ask again once it runs", retryAfter: 5)
}

extension ServiceError {
  /// An error of the library. A question that failed changes nothing, so it can be asked again.
  init(_ error: FalconetError) {
    let status =
      switch error.code {
      case .notFound: 404
      case .invalidArgument, .unsupported, .corrupt: 400
      case .limit: 507
      case .otherTrace, .locked, .preimageMissing, .preimageSource, .callback: 409
      case .guestFault: 422
      case .cancelled: 503
      default: 500
      }
    let source = (error.cause as? ServiceError)
    self =
      source
      ?? ServiceError(
        status: status, code: error.code.description, message: error.description,
        retryAfter: status == 503 ? 5 : nil)
  }
}

import Foundation

extension Route {
  static let prestates = [
    Route("GET", "/v1/prestates") { ask in
      try ask.checkQuery([])
      return .json(.object(["prestates": .array(ask.service.prestates.all.map(\.json))]))
    },
    Route("POST", "/v1/prestates") { ask in
      try ask.checkQuery([])
      if ask.contentType == "application/octet-stream" { return try await upload(ask) }
      let json = try await ask.object(["path"])
      guard case .string(let path)? = json["path"] else {
        throw ServiceError.badRequest("path is missing", remedy: "give one below a root")
      }
      let real = try ask.service.paths.resolve(path, as: .file)
      let store = ask.service.prestates
      return .json(
        try await Blocking.run { () throws(ServiceError) in try store.add(file: real) }.json,
        status: 201)
    },
    Route("POST", "/v1/witnesses") { ask in
      try ask.checkQuery([])
      guard case .string(let path)? = try await ask.object(["path"])["path"] else {
        throw ServiceError.badRequest("path is missing", remedy: "give one below a root")
      }
      let real = try ask.service.paths.resolve(path, as: .file)
      let cache = ask.service.witnesses
      if let known = cache.known(real) { return .json(known) }
      return .json(
        try await Blocking.run { () throws(ServiceError) in try cache.read(real) })
    },
    Route("GET", "/v1/prestates/{claim}") { ask in
      guard let prestate = ask.service.prestates[ask.parameter("claim")] else {
        throw ServiceError.notFound(
          "there is no such prestate", remedy: "give it with POST /v1/prestates")
      }
      return .json(prestate.json)
    },
    Route("DELETE", "/v1/prestates/{claim}") { ask in
      try ask.service.delete(prestate: ask.parameter("claim"))
      return .json(.object(["deleted": .bool(true)]))
    },
  ]

  /// Takes a snapshot in the body, in parts, up to a limit.
  private static func upload(_ ask: Ask) async throws -> Answer {
    let limits = ask.service.limits
    let tooLarge = ServiceError.tooLarge(
      "the snapshot is longer than \(limits.upload) bytes",
      remedy: "raise limits.upload, or give its path")
    if let length = ask.contentLength {
      guard length <= limits.upload else { throw tooLarge }
      try ask.service.checkDisk(limits, for: length)
    }
    let service = ask.service
    let store = service.prestates
    let path = store.uploadPath(String(UInt64.random(in: .min ... .max), radix: 36))
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else {
      throw ServiceError.full("the upload cannot be stored", remedy: "check the data directory")
    }
    do {
      var count: UInt64 = 0
      defer { service.count(uploading: -Int64(count)) }
      try await ask.body.read { part in
        let before = count
        count += UInt64(part.readableBytes)
        service.count(uploading: Int64(part.readableBytes))
        guard count <= limits.upload else { throw tooLarge }
        // Others upload too, and a body in chunks does not say how long it is.
        if count >> 20 != before >> 20 { try service.checkDisk(limits) }
        do { try file.write(contentsOf: Data(part.readableBytesView)) } catch {
          throw ServiceError.full(
            "the upload cannot be stored: \(FileFailure.reason(error))",
            remedy: "make room on the disk")
        }
      }
      try file.close()
      if let length = ask.contentLength, length != count {
        throw ServiceError.badRequest("the body ends early")
      }
    } catch {
      try? file.close()
      Files.remove(path)
      throw error
    }
    return .json(
      try await Blocking.run { () throws(ServiceError) in try store.add(upload: path) }.json,
      status: 201)
  }
}

/// Work that blocks, on threads that are none of Swift concurrency's: one at a time.
enum Blocking {
  private static let queue = DispatchQueue(label: "falconet.blocking")

  static func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws(ServiceError) -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        do throws(ServiceError) { continuation.resume(returning: try body()) } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }
}

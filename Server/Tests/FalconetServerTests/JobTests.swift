import Falconet
import Foundation
import Synchronization
import Testing

@testable import FalconetServer

/// Questions whose host is the client: they are answered when the test wants it.
struct JobTests {
  /// Starts a question that waits for its client.
  private func start(_ server: TestServer, _ game: String, index: UInt64 = 700_000) throws -> String
  {
    let answer = try server.ask("GET", "/v1/games/\(game)/claims/\(index)?wait=0")
    #expect(answer.status == 202)
    let job = try #require(answer.json["job"]?.text(of: String.self))
    #expect(answer.headers["location"] == "/v1/jobs/\(job)")
    return job
  }

  /// Serves pre-images until the job ends.
  private func serve(_ server: TestServer, _ job: String, most: Int = .max) throws -> Int {
    let source = Preimages(Fixtures.preimages)
    let connection = try TestConnection(port: server.port)
    var query = "wait=10"
    var body: [UInt8] = []
    var count = 0
    while true {
      let next = try connection.ask(
        "POST", "/v1/jobs/\(job)/exchange?\(query)", ["content-type": "application/octet-stream"],
        body)
      #expect(next.status == 200, "\(next.text)")
      guard let status = next.json["status"]?.text(of: String.self) else { return count }
      if status == "done" || status == "failed" { return count }
      guard let number = next.json["request"]?.number else {
        (query, body) = ("wait=10", [])
        continue
      }
      if count == most { return count }
      count += 1
      if let key = next.json["preimage"]?.text(of: String.self) {
        let value = source[key]
        query = "wait=10&request=\(number)&result=\(value == nil ? "missing" : "value")"
        body = value ?? []
      } else {
        (query, body) = ("wait=10&request=\(number)&result=taken", [])
      }
    }
  }

  @Test("The client of a question serves its pre-images, and gets the claim")
  func exchange() throws {
    let server = try TestServer()
    let game = try server.open(Fixtures.clientPreimages)
    let job = try start(server, game)
    #expect(try serve(server, job) > 0)
    let answer = try server.ask("GET", "/v1/jobs/\(job)?wait=30").json
    #expect(answer["status"] == .string("done"))
    let claim = try Fixtures.trace.claim(at: 700_000).description
    #expect(answer["answer"]?.elements.first?["claim"] == .string(claim))
    // Known now, so nobody needs to serve.
    let again = try server.ask("GET", "/v1/games/\(game)/claims/700000")
    #expect(again.json["claim"] == .string(claim))
    let events = try server.ask("GET", "/v1/jobs/\(job)/events")
    #expect(events.headers["content-type"] == "text/event-stream")
    #expect(events.text.hasPrefix("event: end\ndata: {"))
  }

  @Test("Two threads that ask one client at once get each its own answers")
  func concurrentRequests() async throws {
    let exchange = HostExchange()
    let flags = Flags()
    for thread in UInt8(1)...2 {
      startThread {
        for _ in 0..<200 {
          let answer = try? exchange.ask(
            .hint([thread]), timeout: .seconds(60), answerTimeout: .seconds(60)
          ) { nil }
          guard case .value(let bytes)? = answer, bytes == [thread] else {
            flags.wrong.withLock { $0.append(thread) }
            continue
          }
        }
        flags.ended.add(1, ordering: .releasing)
      }
    }
    while flags.ended.load(ordering: .acquiring) < 2 {
      guard let (number, request) = await exchange.next(within: .milliseconds(50)) else { continue }
      guard case .hint(let bytes) = request else { break }
      exchange.answer(number, .value(bytes))
    }
    #expect(flags.wrong.withLock { $0 } == [])
  }

  @Test("If the client goes away, the question fails, and the next one goes on from there")
  func clientGone() throws {
    let server = try TestServer("limits: {host-timeout: 300ms, host-answer-timeout: 300ms}")
    let game = try server.open(Fixtures.clientPreimages)
    let job = try start(server, game)
    #expect(try serve(server, job, most: 1) == 1)
    let failed = try server.ask("GET", "/v1/jobs/\(job)?wait=30").json
    #expect(failed["status"] == .string("failed"))
    #expect(failed["error"]?["code"] == .string("host-slow"))
    let untaken = try start(server, game)
    let gone = try server.ask("GET", "/v1/jobs/\(untaken)?wait=30").json
    #expect(gone["error"]?["code"] == .string("host-gone"))
    let second = try start(server, game)
    #expect(try serve(server, second) > 0)
    #expect(
      try server.ask("GET", "/v1/games/\(game)/claims/700000").json["claim"]
        == .string(Fixtures.trace.claim(at: 700_000).description))
  }

  @Test("Equal questions share a job, a cancelled one ends, and others are answered meanwhile")
  func sharing() throws {
    let server = try TestServer("limits: {cores: 2}", roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.clientPreimages)
    let job = try start(server, game)
    #expect(try start(server, game) == job)
    #expect(try start(server, game, index: 800_000) != job)
    let other = try server.open(Fixtures.directoryPreimages)
    #expect(try server.ask("GET", "/v1/games/\(other)/claims/700000").status == 200)
    #expect(try server.ask("DELETE", "/v1/games/\(game)").status == 409)
    #expect(try server.ask("DELETE", "/v1/jobs/\(job)").status == 200)
    let ended = try server.ask("GET", "/v1/jobs/\(job)?wait=30").json
    #expect(ended["status"] == .string("failed"))
    #expect(ended["error"]?["code"] == .string("cancelled"))
  }

  @Test("SIGTERM hands questions in hand back, and what is known stays known after a restart")
  func stopping() throws {
    let server = try TestServer("stop-timeout: 200ms", roots: [Fixtures.preimages])
    let known = try server.open(Fixtures.directoryPreimages)
    let claim = try server.ask("GET", "/v1/games/\(known)/claims/700000").json["claim"]
    let game = try server.open(Fixtures.clientPreimages)
    let connection = try TestConnection(port: server.port)
    connection.send(
      "GET /v1/games/\(game)/claims/900000?wait=60 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    // Until the question is there.
    while try server.ask("GET", "/v1/games/\(game)").json["queue"]?.elements.isEmpty == true {}
    #expect(server.stop() == 0)
    let answer = try connection.response()
    #expect(answer.status == 503)
    #expect(answer.error == "stopping")

    let second = try TestServer(directory: server.directory, roots: [Fixtures.preimages])
    #expect(try second.ask("GET", "/v1/games/\(known)/claims/700000").json["claim"] == claim)
    #expect(try second.ask("GET", "/v1/games/\(known)").json["executedSteps"] == .count(0))
    second.kill()
    let third = try TestServer(directory: server.directory, roots: [Fixtures.preimages])
    #expect(try third.ask("GET", "/v1/games/\(known)/claims/700000").json["claim"] == claim)
    #expect(try third.ask("GET", "/v1/games/\(known)").json["executedSteps"] == .count(0))
    withExtendedLifetime(server) {}
  }
}

/// What threads that ask a client have seen.
private final class Flags: Sendable {
  let wrong = Mutex<[UInt8]>([])
  let ended = Atomic(0)
}

/// Pre-images of a directory, in the layout of the fixtures.
private struct Preimages {
  private var values: [String: [UInt8]] = [:]

  init(_ directory: String) {
    guard let paths = FileManager.default.enumerator(atPath: directory) else { return }
    for case let path as String in paths where path.hasSuffix(".txt") {
      guard let text = Files.read(directory + "/" + path) else { continue }
      let key = String((path as NSString).lastPathComponent.dropLast(4))
      values[key] = stride(from: 0, to: text.count - 1, by: 2).compactMap {
        UInt8(String(decoding: text[$0..<$0 + 2], as: UTF8.self), radix: 16)
      }
    }
  }

  subscript(_ key: String) -> [UInt8]? { values[key] }
}

import Foundation
import Testing

@testable import FalconetServer

struct LimitTests {
  @Test("Games beyond the limit are refused with 507, bodies and uploads with 413")
  func sizes() throws {
    let server = try TestServer("limits: {games: 1, body: 1KiB, upload: 2KiB}")
    _ = try server.open(Fixtures.clientPreimages)
    let claim = try server.ask("GET", "/v1/prestates").json["prestates"]?.elements[0]["claim"]
    let second = try server.ask("POST", "/v1/games", .object(["prestate": claim]))
    #expect(second.status == 507)
    #expect(second.error == "full")
    let long = try server.ask(
      "POST", "/v1/games", .object(["label": .string(String(repeating: "x", count: 2000))]))
    #expect(long.status == 413)
    let binary = ["content-type": "application/octet-stream"]
    let upload = try TestConnection(port: server.port)
      .ask("POST", "/v1/prestates", binary, [UInt8](repeating: 1, count: 4000))
    #expect(upload.status == 413)
    let chunked = try TestConnection(port: server.port)
    chunked.send(
      "POST /v1/prestates HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/octet-stream\r\n"
        + "transfer-encoding: chunked\r\n\r\n")
    for _ in 0..<4 { chunked.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
    #expect(try chunked.response().status == 413)
    // Nobody is worse off.
    #expect(try server.ask("GET", "/healthz").status == 200)
    #expect(Files.names(in: server.directory + "/data/prestates").count == 1)
  }

  @Test("Requests and questions beyond the limit are refused with 429")
  func counts() throws {
    let server = try TestServer("limits: {requests: 1, questions: 1, cores: 1}")
    let game = try server.open(Fixtures.clientPreimages)
    let path = "/v1/games/\(game)/claims/"
    #expect(try server.ask("GET", path + "900000?wait=0").status == 202)
    // The one thread waits for a host.
    while try server.ask("GET", "/v1/games/\(game)").json["status"] != .string("executing") {}
    #expect(try server.ask("GET", path + "900001?wait=0").status == 202)
    let third = try server.ask("GET", path + "900002?wait=0")
    #expect(third.status == 429)
    #expect(third.error == "busy")
    #expect(third.headers["retry-after"] == "1")
    let waiting = try TestConnection(port: server.port)
    waiting.send("GET \(path)900000?wait=60 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    while true {
      let answer = try server.ask("GET", "/v1/games")
      if answer.status == 429 { break }
    }
    #expect(try server.ask("GET", "/healthz").status == 200)
    #expect(try server.ask("GET", "/metrics").text.contains("responses_total{status=\"429\"}"))
  }

  @Test("A head that is too long, or never whole, and a body that never comes end the connection")
  func slowness() throws {
    let server = try TestServer(
      "limits: {header: 4KiB, idle-timeout: 500ms, body-timeout: 500ms}")
    let long = try TestConnection(port: server.port)
    long.send("GET /healthz HTTP/1.1\r\nx: \(String(repeating: "x", count: 8192))\r\n\r\n")
    #expect(try long.response().status == 400)
    #expect(long.isClosed())

    let slow = try TestConnection(port: server.port)
    slow.send("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n")
    #expect(try slow.response().status == 408)
    #expect(slow.isClosed())

    let idle = try TestConnection(port: server.port)
    #expect(try idle.ask("GET", "/healthz").status == 200)
    #expect(throws: TestConnection.Ended.self) { try idle.response() }

    let half = try TestConnection(port: server.port)
    half.send(
      "POST /v1/games HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        + "content-length: 100\r\n\r\n{")
    #expect(try half.response().status == 408)
    #expect(half.isClosed())
    #expect(try server.ask("GET", "/healthz").status == 200)
  }

  @Test("What is no HTTP, or no JSON, or of another type, is refused")
  func nonsense() throws {
    let server = try TestServer()
    let garbage = try TestConnection(port: server.port)
    garbage.send("\u{1}\u{2}nonsense\r\n\r\n")
    #expect(try garbage.response().status == 400)
    for body in ["{", "[]", "{\"a\":1}", "{\"prestate\":7}", "{\"prestate\":\"0x12\"}"] {
      let answer = try TestConnection(port: server.port)
        .ask("POST", "/v1/games", ["content-type": "application/json"], Array(body.utf8))
      #expect(answer.status == 400, "\(body)")
      #expect(answer.error == "invalid-argument")
    }
    let plain = try TestConnection(port: server.port)
      .ask("POST", "/v1/games", ["content-type": "text/plain"], Array("{}".utf8))
    #expect(plain.status == 415)
    #expect(try server.ask("GET", "/v1/nothing").status == 404)
    let method = try server.ask("PUT", "/v1/games")
    #expect(method.status == 405)
    #expect(method.headers["allow"] == "GET, POST")
    let head = try TestConnection(port: server.port)
    #expect(try head.ask("HEAD", "/healthz").status == 200)
    #expect(try head.ask("GET", "/healthz").json["status"] == .string("ok"))
  }

  @Test("Games that are deleted and asked at once leave nothing behind")
  func deletion() async throws {
    // A server has no state of its own that changes.
    nonisolated(unsafe) let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    let path = "/v1/games/\(game)"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<4 {
        group.addTask {
          for round in 0..<20 {
            let status = try server.ask("GET", "\(path)/claims/\(number * 20 + round)").status
            #expect(status == 200 || status == 404, "\(status)")
          }
        }
      }
      group.addTask {
        for _ in 0..<20 {
          let status = try server.ask("DELETE", path).status
          #expect([200, 404, 409].contains(status), "\(status)")
          _ = try server.open(Fixtures.directoryPreimages)
        }
      }
      try await group.waitForAll()
    }
    while try server.ask("DELETE", path).status == 409 {}
    #expect(Files.names(in: server.directory + "/data/games").isEmpty)
    #expect(Files.names(in: server.directory + "/data/scratch").isEmpty)
  }

  @Test("A question that needs more memory than there may be ends with 507, and smaller ones go on")
  func memory() throws {
    let server = try TestServer("limits: {memory: 160MiB, game-memory: 1MiB}")
    let game = try server.open(.object(["from": .string("none")]), prestate: Fixtures.greedy)
    let answer = try server.ask("GET", "/v1/games/\(game)/last")
    #expect(answer.status == 507, "\(answer.text)")
    #expect(try server.ask("GET", "/v1/games/\(game)/claims/1000").status == 200)
    #expect(try server.ask("GET", "/metrics").text.contains("memory_stops_total 1"))
  }

  @Test("Hosts that hang hold up no other game, however few threads there are")
  func hangingHosts() throws {
    let server = try TestServer(
      "hosts: {hangs: [/bin/sleep, '1000']}\nlimits: {cores: 1}", roots: [Fixtures.preimages])
    let client = try server.open(Fixtures.clientPreimages)
    let host = try server.open(.object(["from": .string("host"), "host": .string("hangs")]))
    let other = try server.open(Fixtures.directoryPreimages)
    for game in [client, host] {
      #expect(try server.ask("GET", "/v1/games/\(game)/claims/900000?wait=0").status == 202)
    }
    let answer = try server.ask("GET", "/v1/games/\(other)/claims/900000")
    #expect(answer.json["claim"] == .string(try Fixtures.trace.claim(at: 900_000).description))
    for game in [client, host] {
      #expect(try server.ask("GET", "/v1/games/\(game)").json["status"] == .string("executing"))
    }
    #expect(try server.ask("GET", "/metrics").text.contains("falconet_server_slow_hosts 2\n"))
    // What is cancelled ends, though its host says nothing.
    for game in [client, host] {
      let job = try server.ask("GET", "/v1/games/\(game)").json["queue"]?.elements[0]
      let path = "/v1/jobs/\(try #require(job?.text(of: String.self)))"
      _ = try server.ask("DELETE", path)
      #expect(try server.ask("GET", path + "?wait=30").json["status"] == .string("failed"))
    }
  }

  @Test("Beyond the slow hosts that there may be, a question keeps its thread")
  func slowHosts() throws {
    let server = try TestServer("limits: {cores: 1, slow-hosts: 1}", roots: [Fixtures.preimages])
    let prestate = try server.open(Fixtures.clientPreimages)
    let claim = try server.ask("GET", "/v1/games/\(prestate)").json["definition"]?["prestate"]
    var games: [String] = []
    for name in ["a", "b"] {
      let game = try server.ask(
        "POST", "/v1/games",
        .object([
          "prestate": claim,
          "preimages": .object(["from": .string("client"), "identity": .string(name)]),
        ])
      ).json["game"]
      games.append(try #require(game?.text(of: String.self)))
      let path = "/v1/games/\(games.last!)"
      #expect(try server.ask("GET", path + "/claims/900000?wait=0").status == 202)
      while try server.ask("GET", path).json["status"] != .string("executing") {}
    }
    let other = try server.open(Fixtures.directoryPreimages)
    #expect(try server.ask("GET", "/v1/games/\(other)/claims/900000?wait=2").status == 202)
    let job = try server.ask("GET", "/v1/games/\(games[0])").json["queue"]?.elements[0]
    _ = try server.ask("DELETE", "/v1/jobs/\(try #require(job?.text(of: String.self)))")
    #expect(try server.ask("GET", "/v1/games/\(other)/claims/900000").status == 200)
  }

  @Test("Uploads are refused beyond the disk limit, also if they do not say how long they are")
  func disk() throws {
    let server = try TestServer("limits: {disk: 2MiB}")
    let chunked = try TestConnection(port: server.port)
    chunked.send(
      "POST /v1/prestates HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/octet-stream\r\n"
        + "transfer-encoding: chunked\r\n\r\n")
    let part = String(repeating: "x", count: 1 << 20)
    for _ in 0..<4 { chunked.send("100000\r\n" + part + "\r\n") }
    #expect(try chunked.response().status == 507)
    #expect(Files.names(in: server.directory + "/data/prestates").isEmpty)
    // What was given up takes nothing.
    #expect(try server.ask("GET", "/metrics").text.contains("falconet_server_disk_bytes 0\n"))
    _ = try server.open(Fixtures.clientPreimages)
  }

  @Test("A prestate that was given by its path and then uploaded is the service's own from then on")
  func uploaded() throws {
    let server = try TestServer()
    _ = try server.open(Fixtures.clientPreimages)
    let bytes = try #require(Files.read(Fixtures.prestate, limit: 64 << 20))
    let upload = try TestConnection(port: server.port)
      .ask("POST", "/v1/prestates", ["content-type": "application/octet-stream"], bytes)
    #expect(upload.json["uploaded"] == .bool(true), "\(upload.text)")
    #expect(Files.names(in: server.directory + "/data/prestates").count == 1)
    server.kill()
    // A kill while a game was made leaves its directory.
    try Files.make(directory: server.directory + "/data/games/" + String(repeating: "0", count: 32))
    let second = try TestServer(directory: server.directory)
    #expect(!Files.names(in: server.directory + "/data/games").contains { $0.hasPrefix("000") })
    #expect(!second.log.contains("this is no game"))
    let prestates = try second.ask("GET", "/v1/prestates").json["prestates"]?.elements ?? []
    withExtendedLifetime(server) {}
    #expect(prestates.map { $0["uploaded"] } == [.bool(true)])
  }

  @Test("An answer that is too large is refused, and those of ended questions make room for others")
  func answers() throws {
    let server = try TestServer("limits: {answers: 256KiB}", roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    let path = "/v1/games/\(game)/proofs"
    func ask(_ indices: [UInt64]) throws -> TestResponse {
      try server.ask("POST", path, .object(["indices": .array(indices.map { .count($0) })]))
    }
    let single = try ask([591_664])
    let size = single.body.count
    #expect(single.status == 200)
    // The order and what is asked for twice stay.
    let some = try ask([7, 591_664, 3, 7])
    let parts = try [7, 591_664, 3, 7].map { try server.ask("GET", "\(path)/\($0)").json }
    #expect(some.json["answers"]?.elements == parts)
    for indices in [[UInt64]](
      [Array(1...1000), [UInt64](repeating: 591_664, count: (256 << 10) / size + 1)])
    {
      let answer = try ask(indices)
      #expect(answer.status == 507 && answer.text.contains("limits.answers"), "\(answer.status)")
    }
    #expect(try server.ask("GET", path + "/591664").status == 200)
  }

  @Test("What was counted stays counted when its game is deleted")
  func counters() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    for _ in 0..<3 { _ = try server.ask("GET", "/v1/games/\(game)/claims/1000") }
    func counted() throws -> [String] {
      try server.ask("GET", "/metrics").text.split(separator: "\n").map(String.init).filter {
        $0.hasPrefix("falconet_server_executed_steps_total")
          || $0.hasPrefix("falconet_server_questions_total")
      }
    }
    let before = try counted()
    #expect(before.contains("falconet_server_executed_steps_total 1001"), "\(before)")
    #expect(before.contains("falconet_server_questions_total{outcome=\"known\"} 2"), "\(before)")
    #expect(try server.ask("DELETE", "/v1/games/\(game)").status == 200)
    #expect(try counted() == before)
  }

  @Test("What is known is answered in the order of the requests")
  func pipeline() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    let path = "/v1/games/\(game)/claims/"
    _ = try server.ask("GET", path + "1000")
    let connection = try TestConnection(port: server.port)
    connection.send(
      [2_000_000, 1000, 3_000_000, 1000].map {
        "GET \(path)\($0) HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
      }.joined())
    let indices = try (0..<4).map { _ in try connection.response().json["index"]?.number }
    #expect(indices == [2_000_000, 1000, 3_000_000, 1000])
  }
}

import Falconet
import Foundation
import Testing

@testable import FalconetServer

/// A game's clock, and what it does.
struct DeadlineTests {
  private let none = JSON.object(["from": .string("none")])

  private func left(_ server: TestServer, _ game: String) throws -> Double? {
    switch try server.ask("GET", "/v1/games/\(game)").json["deadlineSeconds"] {
    case .number(let value): value
    case .count(let value): Double(value)
    default: nil
    }
  }

  private func set(_ seconds: JSON, _ game: String, _ server: TestServer) throws -> TestResponse {
    try server.ask("PUT", "/v1/games/\(game)/deadline", .object(["deadline": seconds]))
  }

  @Test("A clock runs down, is shown to Prometheus, outlives a kill, and is stopped")
  func clock() throws {
    let server = try TestServer()
    let game = try server.open(none)
    #expect(try left(server, game) == nil)
    #expect(try !server.ask("GET", "/metrics").text.contains("game_deadline_seconds{"))
    #expect(try set(.count(1000), game, server).status == 200)
    let first = try #require(try left(server, game))
    #expect((0...1000).contains(first))
    let metrics = try server.ask("GET", "/metrics").text
    #expect(metrics.contains("falconet_server_game_deadline_seconds{game=\"\(game)\",label=\"\"} "))

    server.kill()
    let next = try TestServer(directory: server.directory)
    let second = try #require(try left(next, game))
    #expect(second <= first && second > first - 900)
    #expect(try next.ask("DELETE", "/v1/games/\(game)/deadline").status == 200)
    #expect(try left(next, game) == nil)
    next.kill()
    let last = try TestServer(directory: server.directory)
    #expect(try left(last, game) == nil)
  }

  @Test("A clock that has run out counts on below zero")
  func past() throws {
    let server = try TestServer()
    let game = try server.open(none)
    #expect(try set(.count(0), game, server).status == 200)
    #expect(try #require(try left(server, game)) < 0)
  }

  @Test("A game may be opened with a deadline, which is no part of what it is")
  func opened() throws {
    let server = try TestServer()
    let game = try server.open(none)
    let definition = try #require(try server.ask("GET", "/v1/games/\(game)").json["definition"])
    guard case .object(let members) = definition else { return #expect(Bool(false)) }
    let again = try server.ask(
      "POST", "/v1/games",
      .object(members + [.init(name: "deadline", value: .number(99.5))]))
    #expect(again.status == 200 && again.json["game"] == .string(game))
    #expect(try #require(try left(server, game)) <= 99.5)
    // Without one, the clock stays.
    #expect(try server.ask("POST", "/v1/games", definition).status == 200)
    #expect(try left(server, game) != nil)
    let text = String(
      decoding: try #require(Files.read("\(server.directory)/data/games/\(game)/game.json")),
      as: UTF8.self)
    #expect(!text.contains("deadline"))
  }

  @Test("What is no time is refused, and changes nothing")
  func refused() throws {
    let server = try TestServer()
    let game = try server.open(none)
    for value in [
      JSON.string("60"), .null, .number(-1), .number(1e8), .count(UInt64.max), .array([]),
    ] {
      #expect(try set(value, game, server).status == 400, "\(value)")
    }
    #expect(try server.ask("PUT", "/v1/games/\(game)/deadline", .object([:])).status == 400)
    let unknown = String(repeating: "0", count: 32)
    #expect(try set(.count(60), unknown, server).status == 404)
    #expect(try server.ask("DELETE", "/v1/games/\(unknown)/deadline").status == 404)
    #expect(try left(server, game) == nil)
  }

  @Test("A label with signs of Prometheus's own does not break the metrics")
  func label() throws {
    let server = try TestServer()
    let game = try server.open(none)
    guard
      case .object(let members)? = try server.ask("GET", "/v1/games/\(game)").json["definition"]
    else { return #expect(Bool(false)) }
    _ = try server.ask("DELETE", "/v1/games/\(game)")
    let more: [JSON.Member] = [
      .init(name: "label", value: .string("a\"b\\c\nd")),
      .init(name: "deadline", value: .count(60)),
    ]
    #expect(try server.ask("POST", "/v1/games", .object(members + more)).status == 201)
    let metrics = try server.ask("GET", "/metrics").text
    #expect(metrics.contains(#"label="a\"b\\c\nd"} "#))
  }

  @Test("An answer after its question's deadline is counted")
  func late() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    #expect(try server.ask("GET", "/v1/games/\(game)/claims/5?deadline=1000").status == 200)
    #expect(
      try server.ask("GET", "/metrics").text.contains("\nfalconet_server_late_answers_total 0"))
    #expect(try server.ask("GET", "/v1/games/\(game)/claims/9000000?deadline=0").status == 200)
    #expect(
      try server.ask("GET", "/metrics").text.contains("\nfalconet_server_late_answers_total 1"))
    // No question is open any more.
    #expect(try left(server, game) == nil)
  }
}

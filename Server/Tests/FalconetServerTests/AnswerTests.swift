import Falconet
import Foundation
import Testing

@testable import FalconetServer

struct AnswerTests {
  @Test("Claims are those of the library, one and many, known and new, past the end too")
  func claims() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    var generator = SystemRandomNumberGenerator()
    let indices: [UInt64] =
      [0, Fixtures.end - 1, Fixtures.end, Fixtures.end + 1, .max - 1]
      + (0..<20).map { _ in UInt64.random(in: 0..<Fixtures.end, using: &generator) }
    for index in indices.shuffled().prefix(8) {
      for _ in 0..<2 {
        let answer = try server.ask("GET", "/v1/games/\(game)/claims/\(index)")
        #expect(answer.status == 200)
        let claim = try Fixtures.trace.claim(at: index)
        #expect(
          answer.json == AnswerJSON.claim(index, claim, end: Fixtures.end), "index \(index)")
      }
    }
    let many = try server.ask(
      "POST", "/v1/games/\(game)/claims", .object(["indices": .array(indices.map { .count($0) })]))
    #expect(many.status == 200)
    let claims = try Fixtures.trace.claims(at: indices)
    #expect(
      many.json["answers"]?.elements
        == zip(indices, claims).map { AnswerJSON.claim($0, $1, end: Fixtures.end) })
  }

  @Test("Step data holds, and is that of the library")
  func proofs() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    for index in [0, 591_664, Fixtures.end, Fixtures.end + 5] {
      let answer = try server.ask("GET", "/v1/games/\(game)/proofs/\(index)")
      #expect(answer.status == 200)
      let proof = try Fixtures.trace.proof(at: index)
      #expect(answer.json["post"] == .string(proof.post.description))
      #expect(answer.json["stateData"] == .string("0x" + hex(proof.stateData)))
      #expect(answer.json["proofData"] == .string("0x" + hex(proof.proofData)))
      #expect(answer.json["pastEnd"] == .bool(index > Fixtures.end))
      #expect(answer.json["index"] == .count(min(index, Fixtures.end)))
      #expect((answer.json["preimage"] != nil) == (proof.preimage != nil))
    }
    let last = try server.ask("GET", "/v1/games/\(game)/last").json
    #expect(last["index"] == .count(Fixtures.end))
    #expect(last["claim"] == .string(try Fixtures.trace.end().claim.description))
  }

  @Test("A state has the claim of its step, and a view shows it")
  func states() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    let state = try server.ask("GET", "/v1/games/\(game)/states/700000")
    #expect(state.status == 200)
    #expect(state.headers["falconet-step"] == "700000")
    #expect(state.headers["falconet-exited"] == "0")
    let machine = try Machine(snapshot: state.body)
    let claim = try Fixtures.trace.claim(at: 699_999)
    #expect(machine.claim() == claim)
    let view = try server.ask("GET", "/v1/games/\(game)/views/700000").json
    #expect(view["claim"] == .string(claim.description))
    #expect(
      view["threads"]?.elements.first?["registers"]?.elements.map { $0.text(of: String.self) }
        == machine.threads[0].registers.map { "0x" + String($0, radix: 16) })
    #expect(
      view["code"]?.elements.contains {
        $0["address"] == .string("0x" + String(machine.threads[0].pc, radix: 16))
      } == true)
    let past = try server.ask("GET", "/v1/games/\(game)/states/\(Fixtures.end + 100)")
    #expect(past.headers["falconet-exited"] == "1")
    #expect(past.headers["falconet-step"] == "\(Fixtures.end + 1)")
  }

  @Test("A prestate that is uploaded is known by its claim, and what is no snapshot is refused")
  func uploads() throws {
    let server = try TestServer()
    let bytes = try #require(Files.read(Fixtures.prestate, limit: 1 << 26))
    let headers = ["content-type": "application/octet-stream"]
    let connection = try TestConnection(port: server.port)
    let answer = try connection.ask("POST", "/v1/prestates", headers, bytes)
    #expect(answer.status == 201)
    let claim = Fixtures.trace.prestateClaim.description
    #expect(answer.json["claim"] == .string(claim))
    #expect(try server.ask("GET", "/v1/prestates/\(claim)").status == 200)
    let wrong = try connection.ask("POST", "/v1/prestates", headers, Array(bytes.prefix(1000)))
    #expect(wrong.status == 422)
    #expect(Files.names(in: server.directory + "/data/prestates") == [claim])
    #expect(try server.ask("DELETE", "/v1/prestates/\(claim)").status == 200)
    #expect(try server.ask("GET", "/v1/prestates/\(claim)").status == 404)
  }

  @Test("Equal games are one, others are others")
  func identity() throws {
    let server = try TestServer(roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    #expect(try server.open(Fixtures.directoryPreimages) == game)
    #expect(try server.open(Fixtures.clientPreimages) != game)
    #expect(try server.ask("DELETE", "/v1/games/\(game)").status == 200)
    #expect(try server.ask("GET", "/v1/games/\(game)").status == 404)
    #expect(!Files.exists(server.directory + "/data/games/\(game)"))
  }
}

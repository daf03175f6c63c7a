import Foundation
import Testing

@testable import FalconetServer

struct SecurityTests {
  @Test("Only what lies below a root is opened, links resolved")
  func paths() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    for name in ["root", "root-beside"] { try Files.make(directory: "\(directory)/\(name)") }
    try Files.write([1], to: directory + "/root/inside")
    try Files.write([1], to: directory + "/root-beside/outside")
    try FileManager.default.createSymbolicLink(
      atPath: directory + "/root/link", withDestinationPath: directory + "/root-beside/outside")
    try FileManager.default.createSymbolicLink(
      atPath: directory + "/into", withDestinationPath: directory + "/root")
    let policy = PathPolicy(roots: [directory + "/root"])
    for path in ["/root/inside", "/into/inside"] {
      #expect(try policy.resolve(directory + path, as: .file) == directory + "/root/inside")
    }
    #expect(try policy.resolve(directory + "/into", as: .directory) == directory + "/root")
    for path in [
      "/root/link", "/root-beside/outside", "/root/../root-beside/outside", "/root/none",
    ] {
      let error = #expect(throws: ServiceError.self) {
        try policy.resolve(directory + path, as: .file)
      }
      #expect(error?.status == 403, "\(path)")
    }
    #expect(throws: ServiceError.self) { try policy.resolve("root/inside", as: .file) }
    #expect(throws: ServiceError.self) {
      try PathPolicy(roots: []).resolve("/etc/passwd", as: .file)
    }
  }

  @Test("A pipe or a directory in a file's place, and a file in a directory's, hold up nobody")
  func kinds() throws {
    let server = try TestServer()
    let files = server.directory + "/files"
    try #require(mkfifo(files + "/pipe", 0o600) == 0)
    for path in [files + "/pipe", files] {
      for resource in ["prestates", "witnesses"] {
        let answer = try server.ask("POST", "/v1/\(resource)", .object(["path": .string(path)]))
        #expect(answer.status == 400, "\(answer.text)")
      }
    }
    _ = try server.open(Fixtures.clientPreimages)
    let claim = try server.ask("GET", "/v1/prestates").json["prestates"]?.elements[0]["claim"]
    let answer = try server.ask(
      "POST", "/v1/games",
      .object([
        "prestate": claim,
        "preimages": .object(["from": .string("directory"), "path": .string(files + "/pipe")]),
      ]))
    #expect(answer.status == 400, "\(answer.text)")
  }

  @Test("A prestate is not read any more once no root leads to it")
  func changedRoots() throws {
    let server = try TestServer()
    let game = try server.open(.object(["from": .string("none")]))
    try server.rewrite(configuration: "roots: [/nowhere]")
    while !server.log.contains("again") {}
    #expect(server.log.contains("roots: /nowhere is no directory"))
    #expect(try server.ask("GET", "/v1/games/\(game)/claims/5").status == 403)
    try server.rewrite(configuration: "roots: [\(server.directory)/files]")
    while try server.ask("GET", "/v1/games/\(game)/claims/5").status != 200 {}
  }

  @Test("A reload cannot take the token away while other machines reach the address")
  func tokenAway() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    try Files.write(Array("0123456789abcdefgh\n".utf8), to: directory + "/token")
    let server = try TestServer("token-file: \(directory)/token", listen: "0.0.0.0:0")
    #expect(try server.ask("GET", "/v1/games").status == 401)
    try server.rewrite(configuration: "limits: {games: 3}")
    while !server.log.contains("can be reached from other machines") {}
    #expect(try server.ask("GET", "/v1/games").status == 401)
    #expect(
      try server.ask("GET", "/v1/games", headers: ["authorization": "bearer 0123456789abcdefgh"])
        .status == 200)
  }

  @Test("Requests can name no path and no host beyond the configuration")
  func requests() throws {
    let server = try TestServer("hosts: {one: [/bin/false]}")
    let outside = try server.ask(
      "POST", "/v1/prestates", .object(["path": .string(Fixtures.prestate)]))
    #expect(outside.status == 403)
    let game = try server.open(Fixtures.clientPreimages)
    let claim = try server.ask("GET", "/v1/games/\(game)").json["definition"]?["prestate"]
    func open(_ preimages: JSON) throws -> Int {
      try server.ask("POST", "/v1/games", .object(["prestate": claim, "preimages": preimages]))
        .status
    }
    #expect(try open(Fixtures.directoryPreimages) == 403)
    #expect(try open(.object(["from": .string("host"), "host": .string("two")])) == 403)
    #expect(try open(.object(["from": .string("host"), "host": .string("/bin/true")])) == 403)
    #expect(try open(.object(["from": .string("host"), "host": .string("one")])) == 201)
  }

  @Test("Pages of other origins, and names that lead here, are refused")
  func origins() throws {
    let server = try TestServer()
    func status(_ headers: [String: String]) throws -> Int {
      try server.ask("GET", "/v1/games", headers: headers).status
    }
    #expect(try status([:]) == 200)
    #expect(try status(["origin": "http://127.0.0.1"]) == 200)
    #expect(try status(["origin": "http://example.org"]) == 403)
    #expect(try status(["origin": "null"]) == 403)
    #expect(try status(["host": "example.org"]) == 403)
    #expect(try status(["host": "localhost:7300"]) == 200)
    let answer = try server.ask("GET", "/v1/games")
    #expect(!answer.headers.keys.contains { $0.hasPrefix("access-control") })
  }

  @Test("With a token, all but the page and the checks of health need it")
  func tokens() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    try Files.write(Array("0123456789abcdefgh\n".utf8), to: directory + "/token")
    let server = try TestServer("token-file: \(directory)/token")
    #expect(try server.ask("GET", "/healthz").status == 200)
    #expect(try server.ask("GET", "/").status == 200)
    for token in ["", "Bearer x", "Bearer 0123456789abcdefg", "Bearer 0123456789abcdefgh\u{e9}"] {
      let answer = try server.ask("GET", "/v1/games", headers: ["authorization": token])
      #expect(answer.status == 401, "\(token)")
      #expect(answer.headers["www-authenticate"] == "Bearer")
    }
    #expect(try server.ask("GET", "/metrics").status == 401)
    #expect(try server.ask("GET", "/v1/nothing").status == 401)
    let answer = try server.ask(
      "GET", "/v1/games", headers: ["authorization": "Bearer 0123456789abcdefgh"])
    #expect(answer.status == 200)
  }

  @Test("Secrets are equal only if all bytes are")
  func comparison() {
    let secret = Array("secret".utf8)
    #expect(isEqualInConstantTime(secret, secret))
    #expect(!isEqualInConstantTime([], secret))
    #expect(!isEqualInConstantTime(secret, []))
    #expect(!isEqualInConstantTime(secret + secret, secret))
    #expect(!isEqualInConstantTime(Array("secreT".utf8), secret))
  }

  @Test("An address that others reach needs a token")
  func addresses() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    var configuration = Configuration()
    configuration.data = directory + "/data"
    configuration.listen = try #require(ListenAddress("0.0.0.0:7300"))
    #expect(throws: ConfigurationError.self) {
      try HTTPService(configuration, file: nil, level: LogLevel(.info))
    }
    for text in ["127.0.0.1:1", "127.8.0.2:1", "[::1]:1", "localhost:1", "unix:/tmp/x"] {
      #expect(try #require(ListenAddress(text)).isLocal, "\(text)")
    }
    for text in [
      "0.0.0.0:1", "[::]:1", "127.example.org:1", "127.0.0.1.example.org:1", "127.0.0.256:1",
      "example.org:1", "192.168.1.1:1",
    ] {
      #expect(try !#require(ListenAddress(text)).isLocal, "\(text)")
    }
    for text in ["", "7300", "127.0.0.1:", "127.0.0.1:99999", "unix:relative", ":1"] {
      #expect(ListenAddress(text) == nil, "\(text)")
    }
  }
}

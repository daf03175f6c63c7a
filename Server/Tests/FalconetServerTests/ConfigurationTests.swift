import Foundation
import Testing
import Yams

@testable import FalconetServer

struct ConfigurationTests {
  private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../falconet-server.example.yaml")

  @Test("The example names every key, and no other, with what it is without the file")
  func example() throws {
    let text = try String(contentsOf: Self.example, encoding: .utf8)
    var names: Set<String> = []
    func collect(_ node: Node, _ prefix: String) {
      for (key, value) in node.mapping! {
        let name = prefix + key.string!
        if value.mapping != nil, name != "hosts" {
          collect(value, name + ".")
        } else {
          names.insert(name)
        }
      }
    }
    collect(try #require(try Yams.compose(yaml: text)), "")
    #expect(names == Set(ConfigurationKey.all.map(\.name)))
    var configuration = Configuration()
    try configuration.apply(yaml: text, name: "example")
    var expected = Configuration()
    expected.data = "/var/lib/falconet"
    #expect(configuration == expected)
  }

  @Test("The example says of each key whether it needs a restart")
  func restarts() throws {
    let text = try String(contentsOf: Self.example, encoding: .utf8)
    var comment = ""
    for line in text.components(separatedBy: "\n") {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if trimmed.hasPrefix("#") {
        comment += trimmed
        continue
      }
      let key = String(trimmed.prefix { $0 != ":" })
      if let row = ConfigurationKey.all.first(where: {
        $0.name == key || $0.name == "limits." + key
      }) {
        #expect(comment.contains("(restart)") == !row.reloads, "\(key)")
      }
      comment = ""
    }
  }

  @Test(
    "What is wrong in a file is named with its line",
    arguments: [
      ("a: 1", 1, "a is no key"), ("limits:\n  games: 5\n  gems: 5", 3, "limits.gems is no key"),
      ("limits:\n  games: many", 2, "limits.games must be"), ("roots: /srv", 1, "roots must be"),
      ("roots:\n  - srv", 1, "roots must be"), ("hosts: {a: b}", 1, "hosts must be"),
      ("listen: 7300", 1, "listen must be"), ("stop-timeout: 5", 1, "stop-timeout must be"),
      ("limits: {memory: 5 GB}", 1, "limits.memory must be"),
      ("\n\nlimits: 5", 3, "keys must stand"),
      ("data: relative", 1, "data must be"), ("limits: {games: 0}", 1, "limits.games must be"),
      ("limits: {cores: 1025}", 1, "limits.cores must be a whole number from 0 to 1024"),
      ("limits: {connections: 9223372036854775807}", 1, "limits.connections must be"),
      ("limits: {body-timeout: 1000000000h}", 1, "limits.body-timeout must be a time"),
    ])
  func faults(text: String, line: Int, message: String) {
    var configuration = Configuration()
    let error = #expect(throws: ConfigurationError.self) {
      try configuration.apply(yaml: text, name: "f")
    }
    #expect(error?.line == line)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("Text that is no YAML is an error")
  func noYAML() {
    var configuration = Configuration()
    #expect(throws: ConfigurationError.self) { try configuration.apply(yaml: "a: [", name: "f") }
    #expect(throws: ConfigurationError.self) {
      try configuration.apply(yaml: "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2", name: "f")
    }
  }

  @Test("A reload changes each key that may change, and names those that need a restart")
  func reloading() throws {
    let text = """
      listen: 127.0.0.1:9
      roots: [/a]
      hosts: {h: [a, b]}
      limits: {games: 7, cores: 3, slow-hosts: 2, connections: 5, header: 1KiB, idle-timeout: 1s, body-timeout: 1s}
      """
    var present = Configuration()
    present.data = "/data"
    let (new, names) = try present.reloaded(yaml: text, name: "f")
    #expect(
      Set(names)
        == Set(ConfigurationKey.all.filter { !$0.reloads && $0.name != "data" }.map(\.name)))
    var expected = present
    expected.roots = ["/a"]
    expected.hosts = ["h": ["a", "b"]]
    expected.limits.games = 7
    #expect(new == expected)
  }

  @Test("SIGHUP reads the file again, and a wrong one changes nothing")
  func signals() throws {
    let server = try TestServer()
    try server.rewrite(configuration: "limits: {games: 3}")
    while !(try server.ask("GET", "/metrics").text.contains("falconet_server_games_limit 3\n")) {}
    try server.rewrite(configuration: "limits: {gems: 4}")
    while !server.log.contains("limits.gems is no key") {}
    #expect(try server.ask("GET", "/metrics").text.contains("falconet_server_games_limit 3\n"))
    // The flag comes before what the file says of the address.
    #expect(!server.log.contains("needRestart"))
    #expect(server.log.contains("level=INFO msg=listening"))
    try server.rewrite(configuration: "log-level: error")
    while !(try server.ask("GET", "/metrics").text.contains("falconet_server_games_limit 1000\n")) {
    }
    // Each of the two lines would come before the next one.
    try server.rewrite(configuration: "roots: [/nowhere]\nlog-level: error")
    try server.rewrite(configuration: "limits: {gems: 5}")
    while !server.log.contains("server.yaml:1") || server.log.split(separator: "\n").count < 4 {}
    #expect(!server.log.contains("/nowhere"))
  }

  @Test(
    "A wrong file, a directory in use and an address in use end the start with code 1 and one line")
  func starts() throws {
    let server = try TestServer()
    let yaml = server.directory + "/wrong.yaml"
    func fails(_ said: String, _ result: (code: Int32, output: String)) {
      #expect(result.code == 1, "\(result.output)")
      #expect(
        result.output.hasPrefix("error: ") && result.output.contains(said), "\(result.output)")
      #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }
    let data = server.directory + "/other"
    try "token-file: /nowhere".write(toFile: yaml, atomically: true, encoding: .utf8)
    fails("/nowhere: the token", try TestServer.run("--config", yaml, "--data", data, "--check"))
    try "listen: 0.0.0.0:1".write(toFile: yaml, atomically: true, encoding: .utf8)
    fails("other machines", try TestServer.run("--config", yaml, "--data", data, "--check"))
    fails("cannot be read", try TestServer.run("--config", data, "--data", data, "--check"))
    fails(
      "another falconet-server",
      try TestServer.run("--listen", "127.0.0.1:0", "--data", server.directory + "/data"))
    fails(
      "Address already in use",
      try TestServer.run("--listen", "127.0.0.1:\(server.port)", "--data", data))
    fails("Not a directory", try TestServer.run("--data", yaml + "/data"))
    fails("no socket", try TestServer.run("--listen", "unix:\(yaml)", "--data", data))
    try "hosts: {one: [/nowhere]}".write(toFile: yaml, atomically: true, encoding: .utf8)
    let remark = try TestServer.run("--config", yaml, "--data", data, "--check")
    #expect(
      remark.code == 0 && remark.output == "warning: hosts: one: there is no program /nowhere\n")
    #expect(try TestServer.run("--listen", "nonsense", "--data", data).code == 64)
    #expect(try TestServer.run("--version").output.hasPrefix("falconet-server "))
    #expect(try server.ask("GET", "/healthz").status == 200)
  }

  @Test("A socket that is in use is not taken, and one that a killed service left is")
  func sockets() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    let path = directory + "/s"
    let server = try TestServer(listen: "unix:" + path)
    let second = try TestServer.run("--listen", "unix:" + path, "--data", directory + "/data")
    #expect(
      second.code == 1 && second.output.contains("another program listens"), "\(second.output)")
    #expect(Files.exists(path))
    server.kill()
    #expect(Files.exists(path))
    let third = try TestServer(listen: "unix:" + path)
    #expect(third.stop() == 0)
    #expect(!Files.exists(path))
  }

  @Test("A line of the log can be read and parsed, whatever a client says")
  func lines() {
    let date = Date(timeIntervalSince1970: 1.5)
    #expect(
      LogLineHandler.line(
        .warning, "a question was not answered",
        ["game": "0a", "err": "no \"x\"\nlevel=INFO", "e": ""],
        at: date)
        == #"time=1970-01-01T00:00:01Z level=WARN msg="a question was not answered" e="" "#
        + #"err="no \"x\"\nlevel=INFO" game=0a"#)
    #expect(
      LogLineHandler.line(.info, "stopped", ["a": "\u{1b}[1m"], at: date)
        == #"time=1970-01-01T00:00:01Z level=INFO msg=stopped a="\u{1b}[1m""#)
  }

  @Test("Sizes and times")
  func values() {
    #expect(ConfigurationKey.size("3KiB") == 3072)
    #expect(ConfigurationKey.size("5") == 5)
    for text in ["", "KiB", "5KB", "-1", "99999999999TiB", "1.5GiB"] {
      #expect(ConfigurationKey.size(text) == nil, "\(text)")
    }
    #expect(ConfigurationKey.time("500ms") == .milliseconds(500))
    #expect(ConfigurationKey.time("2h") == .seconds(7200))
    for text in ["", "5", "0s", "-1s", "s"] {
      #expect(ConfigurationKey.time(text) == nil, "\(text)")
    }
  }
}

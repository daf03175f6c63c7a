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
      limits: {games: 7, cores: 3, connections: 5, header: 1KiB, idle-timeout: 1s, body-timeout: 1s}
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

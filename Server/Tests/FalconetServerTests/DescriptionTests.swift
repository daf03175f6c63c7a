import Testing
import Yams

@testable import FalconetServer

struct DescriptionTests {
  @Test("The description has each route, no other, and says which need no token")
  func routes() throws {
    let text = String(decoding: Page.description, as: UTF8.self)
    let paths = try #require(try Yams.compose(yaml: text)?["paths"]?.mapping)
    var described: Set<String> = []
    var open: Set<String> = []
    for (path, methods) in paths {
      for (method, operation) in methods.mapping! {
        let name = "\(method.string!.uppercased()) \(path.string!)"
        described.insert(name)
        if operation["security"]?.sequence?.isEmpty == true { open.insert(name) }
        let names = (operation["parameters"]?.sequence ?? []).filter { $0["in"] == "path" }
          .compactMap { $0["name"]?.string }
        #expect(
          names
            == Route("", path.string!) { _ in .json(.null) }.segments.compactMap {
              if case .name(let name) = $0 { name } else { nil }
            }, "\(name)")
      }
    }
    #expect(described == Set(Route.all.map { "\($0.method) \($0.path)" }))
    #expect(open == Set(Route.all.filter(\.isOpen).map { "\($0.method) \($0.path)" }))
    #expect(Route.all.count == described.count)
  }

  @Test("Metrics have names of their own, the prefix, and the endings that Prometheus expects")
  func metrics() throws {
    let names = ServiceMetrics.all.map(\.name)
    #expect(Set(names).count == names.count)
    for row in ServiceMetrics.all {
      #expect(row.name.hasPrefix("falconet_server_"))
      #expect(row.name.hasSuffix("_total") == (row.kind == "counter"), "\(row.name)")
    }
    let server = try TestServer()
    // Games without a deadline have no time left to show.
    let game = try server.open(.object(["from": .string("none")]))
    _ = try server.ask(
      "PUT", "/v1/games/\(game)/deadline", .object(["deadline": .count(60)]))
    let text = try server.ask("GET", "/metrics").text
    for row in ServiceMetrics.all where row.name != "falconet_server_responses_total" {
      #expect(text.contains("# TYPE \(row.name) \(row.kind)\n\(row.name)"), "\(row.name)")
    }
  }
}

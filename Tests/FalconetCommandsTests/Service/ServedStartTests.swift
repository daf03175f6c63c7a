import FalconetMachine
import FalconetOracle
import Testing

@testable import FalconetCommands

/// Which runs start from a state of the service. `Server/test` runs them with one.
@Suite struct ServedStartTests {
  private func target(_ arguments: [String], from step: UInt64 = 0) throws -> UInt64? {
    let plan = try EventOptions.parse(arguments)
      .plan(output: "out.bin.gz", debugInfo: "", tracesThreads: false)
    return ServedStart.target(of: plan, from: step)
  }

  @Test("Runs for one far step ask the service, as op-challenger's do; others execute all steps")
  func targets() throws {
    #expect(try target(["--proof-at", "=5000000", "--stop-at", "=5000001"]) == 5_000_000)
    // The last index has no step after it.
    #expect(try target(["--proof-at", "=18446744073709551615"]) == .max)
    #expect(try target(["--stop-at", "=5000000"]) == 5_000_000)
    #expect(
      try target(["--proof-at", "=5000000", "--snapshot-at", "%1000000000"], from: 1_000_000)
        == 5_000_000)
    #expect(try target(["--proof-at", "=5000000"], from: 4_900_000) == 5_000_000)
    #expect(try target(["--proof-at", "=5000000"], from: 4_950_000) == nil)
    #expect(try target(["--proof-at", "=5000000"], from: 6_000_000) == nil)
    for arguments in [
      [], ["--proof-at", "always"], ["--proof-at", "%5"], ["--stop-at", "%5000000"],
      ["--proof-at", "=5000000,=6000000"], ["--proof-at", "=5000000", "--stop-at", "=4000000"],
      ["--proof-at", "=5000000", "--stop-at-preimage-type", "local"],
      ["--proof-at", "=5000000", "--stop-at", "=5000001,=6000000"],
      ["--proof-at", "=5000000", "--snapshot-delta", "--snapshot-fmt", "%d.fsnap"],
    ] { #expect(try target(arguments) == nil, "\(arguments)") }
  }

  @Test("Addresses are sockets, and IPv4 addresses with a port")
  func addresses() throws {
    #expect(try ServiceAddress("unix:/run/a") == .socket("/run/a"))
    #expect(try ServiceAddress("http://localhost:7300") == .network(host: "127.0.0.1", port: 7300))
    #expect(try ServiceAddress("10.0.0.1:1") == .network(host: "10.0.0.1", port: 1))
    for text in [
      "", "unix:a", "example.org:1", "127.0.0.1", "127.0.0.1:99999", "https://127.0.0.1:1",
    ] {
      #expect(throws: UsageError.self, "\(text)") { try ServiceAddress(text) }
    }
  }

  @Test("Sources that could give other pre-images have other identities")
  func identities() {
    var local = PreimageSource(.server(["host", "a"]))
    local.localInputs = [1: [1]]
    var other = local
    other.localInputs = [1: [2]]
    let identities = [
      PreimageSource(.server(["host", "a"])), PreimageSource(.server(["host a"])), local, other,
      PreimageSource(.server(["host\na"])),
      PreimageSource(.directory("host")), PreimageSource(.none),
    ].map { ServedStart.identity(of: $0) }
    #expect(Set(identities).count == identities.count)
    #expect(identities.last == .some(nil))
  }

  @Test("What the service says is read, and nonsense is an error")
  func texts() throws {
    let members = try ServiceText.members(
      Array(#"{"job":"a","request":7,"n":1.5,"error":{"message":"b","c":[1]},"d":[{}]}"#.utf8))
    #expect(members == ["job": "a", "request": "7", "error.message": "b"])
    for text in ["", "[]", "{\"a\"", "{\"request\":-1}"] {
      #expect(throws: ServiceFailure.self, "\(text)") {
        try ServiceText.members(Array(text.utf8))
      }
    }
  }
}

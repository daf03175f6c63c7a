import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("What a run waits for, and its metrics")
struct WaitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func server(_ flags: String...) throws -> [String] {
    ["--", "python3", Guest.flakyServer, try Guest.preimages()] + flags
  }

  private func metrics(_ name: String = "falconet.prom") throws -> PrometheusParser {
    try PrometheusParser(String(decoding: try #require(folder.read(name)), as: UTF8.self))
  }

  @Test("Metrics of a run say what was executed, waited for and served from where")
  func metrics() throws {
    let outcome = try Tool.run(
      Guest.run("oracle") + ["--metrics-file", "falconet.prom", "--preimage-store", "store"]
        + server("--fail", "die", "--key-latency", "0.05"), in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let values = try metrics().values
    let steps = try Fixtures.vector(.v8, "oracle").steps
    #expect(values["falconet_vm_step"] == Double(steps))
    #expect(values["falconet_vm_steps_total"] == Double(steps))
    #expect(values["falconet_running"] == 0)
    #expect(values[#"falconet_preimage_requests_total{type="sha256",source="host"}"#] == 16)
    #expect(values[#"falconet_preimage_requests_total{type="local",source="host"}"#] == 2)
    #expect(values[#"falconet_preimage_requests_total{type="sha256",source="store"}"#] == 0)
    let bytes = try Fixtures.preimages("oracle-valid").filter { $0.key[0] == 4 }
    #expect(
      values[#"falconet_preimage_bytes_total{type="sha256",source="host"}"#]
        == Double(bytes.reduce(0) { $0 + $1.value.count }))
    #expect(try #require(values["falconet_preimage_wait_seconds_total"]) >= 18 * 0.05)
    #expect(values["falconet_preimage_current_wait_seconds"] == 0)
    #expect(values["falconet_host_starts_total"] == 2)
    #expect(values["falconet_host_restarts_total"] == 1)
    #expect(values[#"falconet_preimage_last_error{kind="disconnected"}"#] == 1)
    #expect(try #require(values["falconet_vm_pages"]) > 0)
    #expect(
      outcome.lines(with: "Pre-images of the run", "host=18", "restarts=1", "waited=").count == 1)

    let again = try Tool.run(
      Guest.run("oracle") + ["--metrics-file", "falconet.prom", "--preimage-store", "store"]
        + server(), in: folder.path)
    #expect(again.exitCode == 0)
    let next = try metrics().values
    #expect(next[#"falconet_preimage_requests_total{type="sha256",source="store"}"#] == 16)
    #expect(again.lines(with: "Pre-images of the run", "host=2", "store=16").count == 1)
  }

  @Test("Metrics are written while a run waits, and also if it fails")
  func waiting() throws {
    let tool = try RunningTool(
      Guest.run("oracle") + ["--metrics-file", "falconet.prom", "--metrics-interval", "0"]
        + server("--fail", "stall"), in: folder.path)
    #expect(
      eventually {
        folder.read("falconet.prom") != nil
          && (try? metrics().values["falconet_preimage_current_wait_seconds"]).flatMap { $0 } ?? 0
            > 1
      })
    #expect(try metrics().values["falconet_running"] == 1)
    tool.send(SIGTERM)
    #expect(try tool.wait().exitCode == 130)
    let values = try metrics().values
    #expect(values["falconet_running"] == 0)
    #expect(values[#"falconet_preimage_last_error{kind="interrupted"}"#] == 1)
    // No unfinished file is left that a collector would read.
    #expect(folder.names.filter { $0.hasSuffix(".prom") } == ["falconet.prom"])
  }

  @Test("A file of metrics that cannot be written is refused before the run, and ends none later")
  func unwritable() throws {
    let refused = try Tool.run(
      Guest.run("oracle") + ["--metrics-file", "none/falconet.prom"] + server(), in: folder.path)
    #expect(refused.exitCode == 1)
    #expect(refused.lines(with: "error: ", "--metrics-file").count == 1)

    folder.makeFolder("gone")
    let tool = try RunningTool(
      Guest.run("oracle") + ["--metrics-file", "gone/falconet.prom", "--metrics-interval", "0"]
        + server("--key-latency", "0.3"), in: folder.path)
    #expect(eventually { folder.read("gone/falconet.prom") != nil })
    #expect(rename(folder.file("gone"), folder.file("moved")) == 0)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.lines(with: "level=WARN", "Failed to write metrics").count == 1)
  }

  @Test("A wait is logged with its key and hint, and trace status tells of it meanwhile")
  func log() throws {
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let trace = ["--folder", "trace", "--input", input]
    let tool = try RunningTool(
      ["trace", "last"] + trace + server("--fail", "stall"), in: folder.path)
    var busy = ""
    #expect(
      eventually {
        guard let outcome = try? Tool.run(["trace", "status"] + trace, in: folder.path) else {
          return false
        }
        busy = outcome.log
        return outcome.exitCode == 1 && busy.contains("and then") && busy.contains("9 from host")
      })
    #expect(busy.contains("another process has this trace open"))
    #expect(
      busy.firstMatch(of: #/for key 0x04[0-9a-f]{62} after hint "block [0-9a-f]{64}"/#) != nil)
    // The first line comes after 10 seconds.
    usleep(11_000_000)
    tool.send(SIGTERM)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    let line = try #require(outcome.lines(with: "Waiting for the pre-image server").first)
    #expect(line.contains("hint=\"\\\"block "), "\(line)")
    #expect(line.firstMatch(of: #/ key=0x04[0-9a-f]{62} /#) != nil, "\(line)")
    #expect(line.contains("host=9"))

    let status = try Tool.run(["trace", "status"] + trace, in: folder.path)
    let host = try #require(try JSONValue(status.output)["host"])
    #expect(host["served"]?["host"] == .number(9))
    #expect(host["waitingFor"] == nil)
    let deleted = try Tool.run(["trace", "delete", "--folder", "trace"], in: folder.path)
    #expect(deleted.exitCode == 0)
    #expect(!folder.names.contains("trace"))
  }

  @Test("On a terminal a line says what the run waits for")
  func terminal() throws {
    let script = """
      import os, pty, sys
      status = pty.spawn(sys.argv[1:])
      sys.exit(os.waitstatus_to_exitcode(status))
      """
    let outcome = try Tool.run(
      Guest.run("oracle") + server("--key-latency", "0.8"), in: folder.path,
      wrapper: ["env", "TERM=xterm", "python3", "-c", script])
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.contains("waiting 0."), "\(outcome.text)")
    #expect(outcome.text.contains("for the host ("))
    #expect(outcome.text.contains("in all): key 0x0"))
  }
}

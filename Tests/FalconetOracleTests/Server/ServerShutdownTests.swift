import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite struct ServerShutdownTests {
  @Test func `A server ends with its input, and is reaped`() throws {
    let server = try startServer("echo")
    let id = server.processID
    _ = try server.preimage(for: key(2))
    #expect(isUnreapedChild(id))
    let first = server.shutdown()
    #expect(first.isClean)
    #expect(!isUnreapedChild(id))
    #expect(server.shutdown() == first)
  }

  @Test func `A server that was never asked anything ends too`() throws {
    #expect(try startServer("echo").shutdown().isClean)
  }

  @Test func `A server that is not shut down ends with its object`() throws {
    var server: ServerOracle? = try startServer("echo")
    let id = try #require(server).processID
    _ = try server?.preimage(for: key(2))
    server = nil
    #expect(!isUnreapedChild(id))
  }

  @Test func `A server that ended badly is reported with its code`() throws {
    let report = try startServer("exit", "5").shutdown()
    #expect(report == ShutdownReport(status: .exited(code: 5), ending: .byItself))
    #expect(!report.isClean)
    #expect(report.description == "the pre-image server exited with code 5")
  }

  @Test func `A server that goes on without input is interrupted`() throws {
    var grace = Grace.test
    grace.afterEndOfInput = .milliseconds(100)
    let server = try startServer("until-interrupt", grace: grace)
    _ = try server.preimage(for: key(2))
    let report = server.shutdown()
    #expect(report == ShutdownReport(status: .exited(code: 7), ending: .afterInterrupt))
  }

  @Test func `A server that ignores the interrupt is killed`() throws {
    let server = try startServer("stubborn", grace: .hasty)
    let id = server.processID
    _ = try server.preimage(for: key(2))
    var report: ShutdownReport?
    let time = elapsed { report = server.shutdown() }
    #expect(report == ShutdownReport(status: .killed(signal: SIGKILL), ending: .afterKill))
    #expect(!isUnreapedChild(id))
    #expect(time >= .milliseconds(400))
  }

  @Test func `A server that has stalled gets the short grace`() throws {
    let server = try ServerOracle(
      command: ["python3", serverScript, "stall-hint"],
      options: .init(timeout: .milliseconds(300), grace: .test, hurriedGrace: .hasty)
    ) { _, _ in }
    #expect(failure { () throws(PreimageError) in try server.hint([1]) }?.kind == .stalled)
    var report: ShutdownReport?
    let time = elapsed { report = server.shutdown() }
    #expect(report?.ending != .byItself)
    #expect(time < .seconds(300))
  }

  @Test func `What a server left behind in its group is ended`() throws {
    let output = Output()
    let server = try startServer("grandchild", grace: .hasty, output: output)
    _ = rejection(by: server, for: key(2))
    #expect(eventually { !output.lines.isEmpty })
    let grandchild = try #require(output.lines.first.flatMap { pid_t($0) })
    #expect(isRunning(grandchild))
    let report = server.shutdown()
    #expect(report == ShutdownReport(status: .exited(code: 4), ending: .byItself, leftovers: true))
    #expect(eventually { !isRunning(grandchild) })
  }

  @Test func `What left the group does not hold up the shutdown`() throws {
    var grace = Grace.test
    grace.leftovers = .milliseconds(200)
    let folder = try TemporaryFolder()
    let server = try startServer("session", folder.file("pid"), grace: grace)
    var report: ShutdownReport?
    let time = elapsed { report = server.shutdown() }
    #expect(report?.status == .exited(code: 0))
    #expect(report?.leftovers == true)
    #expect(time < .seconds(300))
    let rest = try #require(pid_t(String(decoding: folder.read("pid") ?? [], as: UTF8.self)))
    #expect(kill(rest, SIGKILL) == 0)
  }

  @Test func `A server's last words are handed on before the shutdown returns`() throws {
    for _ in 0..<5 {
      let output = Output()
      let server = try startServer("last-words", output: output)
      #expect(rejection(by: server, for: key(2))?.kind == .disconnected)
      server.shutdown()
      #expect(output.bytes(.standardOutput).count == 8 + 40_000)
      #expect(output.text(.standardError) == "the reason\n")
    }
  }

  @Test func `Output that a slow reader has not taken yet is handed on at a forced end`() throws {
    let (output, folder) = (Output(), try TemporaryFolder())
    var grace = Grace.test
    grace.leftovers = .milliseconds(100)
    // The first chunk is still at work when the time of the process that holds on is over.
    let server = try ServerOracle(
      command: ["python3", serverScript, "session", folder.file("pid")],
      options: .init(grace: grace)
    ) { stream, bytes in
      pause(.milliseconds(900))
      output.take(stream, bytes)
    }
    server.shutdown()
    #expect(output.text() == "first\nlast\n")
    let rest = try #require(pid_t(String(decoding: folder.read("pid") ?? [], as: UTF8.self)))
    #expect(kill(rest, SIGKILL) == 0)
  }
}

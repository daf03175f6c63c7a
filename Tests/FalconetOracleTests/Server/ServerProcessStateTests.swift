import FalconetMachine
import FalconetOracle
import FalconetSystem
import FalconetTestSupport
import Glibc
import Testing

/// What concerns the whole process, each in a process of its own.
@Suite struct ServerProcessStateTests {
  @Test func `No descriptor, thread or process is left behind`() async {
    await #expect(processExitsWith: .success) {
      func round() throws {
        for mode in ["echo", "exit", "grandchild", "close", "stubborn", "session"] {
          let server = try startServer(mode, mode == "exit" ? "1" : "", grace: .hasty)
          _ = try? server.preimage(for: key(2))
          if mode != "echo" { server.shutdown() }
        }
        for command in [["no-such-program-anywhere"], []] {
          _ = try? ServerOracle(command: command) { _, _ in }
        }
      }
      try round()
      let threads = count(in: "/proc/self/task")
      var growth: [Int] = []
      for _ in 0..<2 {
        let descriptors = count(in: "/proc/self/fd")
        try round()
        growth.append(count(in: "/proc/self/fd") - descriptors)
      }
      // The test library opens one of its own now and then; a leak is there every time.
      #expect(growth.contains { $0 <= 0 })
      // The test library's own threads come and go; a leak would be 12.
      #expect(count(in: "/proc/self/task") < threads + 8)
      var info = siginfo_t()
      #expect(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD)
    }
  }

  @Test func `Too few descriptors are an error that leaves none open`() async {
    await #expect(processExitsWith: .success) {
      func setLimit(_ limit: rlim_t) {
        var limits = rlimit(rlim_cur: limit, rlim_max: 1024)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
      }
      var leaking = Set(17..<64 as Range<rlim_t>)
      // The test library opens one of its own now and then; a leak is there every time.
      for _ in 0..<4 {
        for limit in leaking {
          let before = count(in: "/proc/self/fd")
          setLimit(limit)
          do throws(ProcessStartError) {
            _ = try ServerOracle(command: ["true"]) { _, _ in }
            #expect(limit > 17)
          } catch {
            #expect(error == ProcessStartError(.system(.tooManyOpenFiles), program: "true"))
          }
          setLimit(1024)
          if count(in: "/proc/self/fd") <= before { leaking.remove(limit) }
        }
      }
      #expect(leaking.isEmpty)
    }
  }

  @Test func `A program that ignores SIGCHLD loses the exit status alone`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGCHLD, SIG_IGN)
      let server = try startServer("exit", "3")
      #expect(rejection(by: server, for: key(2))?.kind == .disconnected)
      #expect(server.shutdown() == ShutdownReport(status: .unknown, ending: .byItself))
    }
  }

  @Test func `SIGPIPE does not end a program that left it at its default`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_DFL)
      let server = try startServer("exit", "0")
      #expect(eventually { server.exitStatus != nil })
      #expect(failure { () throws(PreimageError) in try server.hint([1]) }?.kind == .disconnected)
      var pending = sigset_t()
      sigpending(&pending)
      #expect(sigismember(&pending, SIGPIPE) == 0)
    }
  }
}

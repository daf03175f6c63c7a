import FalconetMachine
import FalconetTestSupport
import Glibc
import Testing

@Suite("run --debug: tracebacks")
struct TracebackTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("At the end, on standard output")
  func end() throws {
    let outcome = try Tool.run(Guest.run("hello") + ["--debug"], in: folder.path)
    #expect(outcome.exitCode == 0)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.first == "thread 0 [running]:")
    #expect(lines.contains("#0 runtime.exit"))
    #expect(lines.contains { $0.hasPrefix("\t") && $0.contains(".go:") && $0.contains(" pc=0x") })
    #expect(lines.contains("thread 1 [runnable]:"))
  }

  @Test("When the guest does something illegal, with the exit code of a panic")
  func fault() throws {
    let image = MachineImage(.v8, code: [Assembly.set(2, to: 6000), Assembly.syscall])
    let outcome = try Tool.run(Guest.run(image, in: folder) + ["--debug"], in: folder.path)
    #expect(outcome.exitCode == 2)
    #expect(outcome.text == "thread 0 [running]:\n#0 main.main\n\t+0x4 pc=0x1004\n")
    #expect(outcome.lines(with: "unrecognized system call 6000").count == 1)
    let without = try Tool.run(Guest.run(image, in: folder), in: folder.path)
    #expect(without.text == "")
  }

  @Test("On SIGUSR1, and the run goes on")
  func signal() throws {
    let image = MachineImage(.v8, code: [Assembly.jump(2, to: 0x1000), Assembly.nop])
    let tool = try RunningTool(try Guest.run(image, in: folder) + ["--debug"], in: folder.path)
    #expect(eventually { tool.catches(SIGUSR1) })
    for count in 1...3 {
      tool.send(SIGUSR1)
      #expect(eventually { tool.output.split(separator: "\n").count >= 3 * count })
    }
    tool.send(SIGINT)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count == 9)
    #expect(lines[1] == "#0 main.main")
  }
}

import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// The two processes of a command that loads a VM's library.
@Suite(
  "Processes of commands with other VMs",
  .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
struct ForeignProcessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let program = "\(ExampleVM.repository)/Examples/fpvm-c/sum.stk"

  @Test("A VM that ends the process, or does not come back, is no success")
  func deadly() throws {
    let ended = "error: the VM ended the process"
    for (number, (code, exitCode, words)) in [
      ("extern void exit(int); exit(0);", Int32(1), ended),
      ("extern void _exit(int); _exit(0);", 1, ended),
      // A panic's exit code, by which challengers act.
      ("extern void _exit(int); _exit(2);", 1, ended),
      ("for (;;) {}", 3, "error: the VM did not come back 5 s after it was to stop"),
    ].enumerated() {
      let outcome = try Tool.run(
        [
          "trace", "claim", "--folder", "trace-\(number)", "--input", Self.program, "--vm-library",
          Self.library(that: code, afterStep: 20), "--timeout", exitCode == 3 ? "5s" : "5m", "40",
        ], in: folder.path)
      #expect(outcome.exitCode == exitCode, "\(code): \(outcome.log)")
      #expect(outcome.log.contains(words), "\(code): \(outcome.log)")
    }
  }

  @Test("A VM that crashes ends the command by its signal")
  func crash() throws {
    let library = try Self.library(that: "extern void abort(void); abort();", afterStep: 20)
    let outcome = try Tool.run(
      [
        "trace", "claim", "--folder", "trace", "--input", Self.program, "--vm-library", library,
        "40",
      ], in: folder.path)
    #expect(outcome.exitCode == nil && outcome.log.isEmpty, "\(outcome.log)")
  }

  /// A command whose VM never ends its run, and the process that it goes on in, once that can be interrupted.
  private func endless(blocking signals: [Int32] = []) throws -> (tool: RunningTool, worker: pid_t)
  {
    try folder.write(Array("loop: push 1 drop jump loop".utf8), to: "endless.stk")
    let tool = try RunningTool(
      [
        "trace", "last", "--folder", "trace", "--input", "endless.stk", "--vm-library",
        ExampleVM.stack.path(),
      ], in: folder.path, blockedSignals: signals)
    var worker: pid_t?
    #expect(
      eventually {
        worker = RunningTool.child(of: tool.id)
        return worker.map { RunningTool.process($0, catches: [SIGINT, SIGTERM, SIGHUP]) } ?? false
      })
    return (tool, try #require(worker))
  }

  @Test("A signal reaches the process that the VM is in", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signals(_ signal: Int32) throws {
    for blocked in [[], [SIGINT, SIGTERM, SIGHUP]] {
      let (tool, _) = try endless(blocking: blocked)
      tool.send(signal)
      let outcome = try tool.wait()
      #expect(outcome.exitCode == 130)
      #expect(outcome.lines(with: "error: command interrupted").count == 1, "\(outcome.log)")
    }
  }

  @Test("The process that the VM is in does not outlive the command")
  func orphan() throws {
    let (tool, worker) = try endless()
    tool.send(SIGKILL)
    #expect(try tool.wait().exitCode == nil)
    #expect(eventually { RunningTool.hasEnded(worker) })
  }

  /// The stack machine, which does something else once a run has got past a step.
  private static func library(that code: String, afterStep step: Int) throws -> String {
    let place = "  if (m->has_read && run->flags & FPVM_STOP_AT_READ) {"
    let text = try ExampleVM.stack.text()
    try #require(text.contains(place))
    return try ExampleVM.stack.build(
      text.replacing(place, with: "if (r->step > \(step)) { \(code) }\n" + place))
  }
}

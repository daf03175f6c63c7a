import FalconetTestSupport
import Glibc
import Testing

/// A system that gives next to nothing: every command ends by itself, with a result or an error.
@Suite("Limits of the system")
struct ScarcityTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    chmod(folder.path, 0o777)
  }

  /// What makes a command the only process that its user may have.
  private static let alone =
    geteuid() == 0
    ? ["prlimit", "--nproc=1", "setpriv", "--reuid=65500", "--regid=65500", "--clear-groups"]
    : ["prlimit", "--nproc=1"]

  /// A place for the program that another user can reach.
  private func shared(_ path: String) throws -> String {
    let name = "shared-" + String(path.split(separator: "/").last ?? "")
    try folder.write(try #require(TemporaryFolder.contents(path)), to: name)
    chmod(folder.file(name), 0o755)
    return folder.file(name)
  }

  private func alone(_ arguments: [String]) throws -> Outcome {
    let copy = folder.file("shared-falconet")
    let program = access(copy, X_OK) == 0 ? copy : try shared(Tool.path.get())
    return try Tool.run(arguments, in: folder.path, program: program, wrapper: Self.alone)
  }

  @Test("If no process is available, files are read and written, and proofs made and verified")
  func noThread() throws {
    let input = try shared(Guest.folder("threads") + "/state.bin.gz")
    let made = try alone([
      "run", "--input", input, "--meta", "", "--proof-at", "%10000", "--proof-fmt", "%d.json",
      "--snapshot-at", "%20000", "--snapshot-fmt", "%d.fsnap", "--stop-at", "=50000", "--output",
      "out.fsnap",
    ])
    #expect(made.exitCode == 0, "\(made.log)")
    let proofs = folder.names.filter { $0.hasSuffix(".json") }
    #expect(proofs.count == 5)
    let verified = try alone(["verify"] + proofs)
    #expect(verified.exitCode == 0, "\(verified.log)")
    let checked = try alone(["check", "20000.fsnap", "out.fsnap"])
    #expect(checked.exitCode == 0, "\(checked.log)")
    #expect(try alone(["convert", "out.fsnap", "again.bin.gz"]).exitCode == 0)
    #expect(try witness(folder.file("again.bin.gz")) == witness(folder.file("out.fsnap")))
  }

  @Test("If no process is available, a server can't be started, and the error says why")
  func noServer() throws {
    let input = try shared(Guest.folder("oracle") + "/state.bin.gz")
    let outcome = try alone(["run", "--input", input, "--meta", "", "--", "sleep", "600"])
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.log.contains(
        "cannot be started: Resource temporarily unavailable: raise the limit of processes"))
  }

  @Test("With few descriptors, every command ends with a result or an error")
  func fewDescriptors() throws {
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let prepared = try Tool.run(["convert", input, "state.fsnap"], in: folder.path)
    try #require(prepared.exitCode == 0)
    for limit in Array(4...40) {
      let wrapper = ["prlimit", "--nofile=\(limit)"]
      let checked = try Tool.run(["check", "state.fsnap"], in: folder.path, wrapper: wrapper)
      expectEnd(checked, "\(limit)")
      // Few are enough without a server.
      if limit >= 12 { #expect(checked.exitCode == 0, "\(limit): \(checked.log)") }
      let served = try Tool.run(
        [
          "run", "--input", input, "--meta", "", "--output", "", "--stop-at", "=1000", "--", "true",
        ],
        in: folder.path, wrapper: wrapper)
      expectEnd(served, "\(limit) with a server")
      #expect(!served.log.contains("Invalid argument"))
      if limit == 16 {
        #expect(served.log.contains("Too many open files: raise the limit of open files"))
      }
    }
  }

  /// An end by itself: done, or an error that is told.
  private func expectEnd(_ outcome: Outcome, _ what: String) {
    switch outcome.exitCode {
    case 0: break
    case 1: #expect(outcome.log.contains("error: "), "\(what): \(outcome.log)")
    default: Issue.record("\(what): ended with \(outcome.exitCode as Any): \(outcome.log)")
    }
  }

  /// Whether this process may take mounts away from its children.
  private static let canUnmount: Bool =
    (try? Tool.run(["--version"], wrapper: withoutProc).exitCode == 0) ?? false

  private static let withoutProc = [
    "unshare", "-m", "sh", "-c", "umount -l /proc && exec \"$0\" \"$@\"",
  ]

  @Test(
    "Without /proc, commands do what they are asked",
    .enabled(if: canUnmount, "only root can take /proc away"))
  func noProc() throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let run = try Tool.run(
      ["run", "--input", input, "--meta", "", "--output", "out.bin.gz"], in: folder.path,
      wrapper: Self.withoutProc)
    #expect(run.exitCode == 0, "\(run.log)")
    #expect(folder.names == ["out.bin.gz"])
    let missing = try Tool.run(["claim", "nofile"], in: folder.path, wrapper: Self.withoutProc)
    #expect(missing.exitCode == 1)
    #expect(missing.text == "")
  }

  @Test("A command that only has commands of its own is no command", arguments: ["trace"])
  func noCommand(_ name: String) throws {
    let outcome = try Tool.run([name])
    #expect(outcome.exitCode == 64)
    #expect(outcome.text == "")
  }
}

import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// A process of the program.
final class RunningTool {
  /// What the program finds on standard input.
  enum Input {
    case none
    case bytes([UInt8])
    /// A pipe that stays open and empty.
    case openPipe
    /// No open descriptor at all.
    case closed
  }

  let id: pid_t
  private let files: TemporaryFolder
  private let pipeEnd: Int32
  private var outcome: Outcome?

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - program: its path, if it isn't the one that the build made.
  ///   - wrapper: a command that becomes the program, such as `nohup`.
  init(
    _ arguments: [String], in folder: String = "/", input: Input = .none, output: String? = nil,
    blockedSignals: [Int32] = [], program: String? = nil, wrapper: [String] = []
  ) throws {
    files = try TemporaryFolder()
    let program = try program ?? Tool.path.get()
    var standardInput = "/dev/null"
    var ends: [Int32] = [-1, -1]
    switch input {
    case .none, .closed: break
    case .bytes(let bytes):
      standardInput = files.file("input")
      try files.write(bytes, to: "input")
    case .openPipe:
      try #require(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    pipeEnd = ends[1]

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if case .closed = input {
      posix_spawn_file_actions_addclose(&actions, STDIN_FILENO)
    } else if ends[0] >= 0 {
      posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, standardInput, O_RDONLY, 0)
    }
    let write = O_WRONLY | O_CREAT
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output ?? files.file("output"), write, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, files.file("log"), write, 0o644)

    let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let environment = ["PATH=\(search)", "COLUMNS=80"]
    var child: pid_t = 0
    // The thread that runs a test may block signals, which a child would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in blockedSignals { sigaddset(&blocked, signal) }
    posix_spawnattr_setsigmask(&attributes, &blocked)
    // Tests run in the background, or under nohup, ignore signals, which a child would inherit.
    var restored = sigset_t()
    sigemptyset(&restored)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&restored, signal) }
    posix_spawnattr_setsigdefault(&attributes, &restored)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // env changes the folder, and becomes the program.
    let command = ["env", "-C", folder] + wrapper + [program] + arguments
    let code = withCStrings(command) { command in
      withCStrings(environment) { environment in
        posix_spawn(&child, "/usr/bin/env", &actions, &attributes, command, environment)
      }
    }
    if ends[0] >= 0 { close(ends[0]) }
    try #require(code == 0, "\(program) can't be started in \(folder): errno \(code)")
    id = child
  }

  deinit {
    if outcome == nil {
      kill(id, SIGKILL)
      waitpid(id, nil, 0)
    }
    if pipeEnd >= 0 { close(pipeEnd) }
  }

  /// What is on standard error so far.
  var log: String { String(decoding: files.read("log") ?? [], as: UTF8.self) }

  /// What is on standard output so far.
  var output: String { String(decoding: files.read("output") ?? [], as: UTF8.self) }

  /// Whether the process has taken over signals.
  func catches(_ signals: Int32...) -> Bool { Self.process(id, catches: signals) }

  /// Whether a process has taken over signals.
  static func process(_ id: pid_t, catches signals: [Int32]) -> Bool {
    let mask = field("SigCgt:", of: id).flatMap { UInt64($0, radix: 16) } ?? 0
    return signals.allSatisfy { mask & 1 << UInt64($0 - 1) != 0 }
  }

  /// Whether a process has ended; the system's first process may be slow to wait for it.
  static func hasEnded(_ id: pid_t) -> Bool {
    field("State:", of: id).map { $0.hasPrefix("Z") } ?? true
  }

  /// A child of a process; nil if it has none.
  static func child(of id: pid_t) -> pid_t? {
    let text = text(of: "/proc/\(id)/task/\(id)/children") ?? ""
    return text.split(separator: " ").first.flatMap { pid_t($0) }
  }

  /// What the system says of a process; nil if there is none.
  private static func field(_ name: String, of id: pid_t) -> Substring? {
    let line = text(of: "/proc/\(id)/status")?.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.dropFirst(name.count).drop { $0 == "\t" }
  }

  private static func text(of path: String) -> String? {
    guard let source = try? FileSource(path: path),
      let bytes = try? ByteReader(source).readAll(limit: 1 << 16)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  func send(_ signal: Int32) { kill(id, signal) }

  /// Waits for the end; a process that takes more than ten minutes is killed.
  func wait() throws -> Outcome {
    if let outcome { return outcome }
    var status: Int32 = 0
    var ended: pid_t = 0
    let end = SuspendingClock.now.advanced(by: .seconds(600))
    while ended == 0, SuspendingClock.now < end {
      ended = waitpid(id, &status, WNOHANG)
      if ended == 0 { usleep(1000) }
    }
    if ended == 0 {
      kill(id, SIGKILL)
      waitpid(id, &status, 0)
      Issue.record("the program did not end: \(log)")
    }
    let result = Outcome(
      exitCode: status & 0x7F == 0 ? status >> 8 & 0xFF : nil,
      output: files.read("output") ?? [], log: log)
    outcome = result
    return result
  }
}

/// Calls `body` with a null-terminated array of C strings that lives as long as the call.
private func withCStrings<Result>(
  _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = texts.map { $0.withFileName { strdup($0) } }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}

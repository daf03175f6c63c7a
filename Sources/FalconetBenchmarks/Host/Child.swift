import FalconetLibc
import FalconetStreams

/// What running a program took.
struct Usage {
  /// Nanoseconds from start to end.
  var wall: UInt64
  /// Nanoseconds of processor time, the system's for it included.
  var processor: UInt64
  /// The most bytes that were resident at once.
  var peakMemory: UInt64
}

/// A program that is measured from outside.
///
/// Safety: C gets strings that are copied for the call and freed after it.
struct Child {
  var path: String
  var arguments: [String]

  /// The option that has this program start another one, and print what it took.
  static let option = "--measure"

  /// Runs the program to its end, with its output and its log thrown away.
  ///
  /// A process starts with the peak memory of the one that made it. So a small one in between does:
  /// this program, with nothing loaded.
  ///
  /// - Throws: if it can't be started, or ends with an exit code other than 0.
  func run() throws -> Usage {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw BenchmarkError("no pipe: \(errno)") }
    let reader = ByteReader(PipeSource(ends[0]))
    defer { close(ends[0]) }
    let child = Child(path: "/proc/self/exe", arguments: [Self.option, path] + arguments)
    let status: Int32
    do {
      defer { close(ends[1]) }
      status = try child.start(output: ends[1]).status
    }
    guard status == 0 else {
      throw BenchmarkError("\(path) \(arguments.joined(separator: " ")) failed")
    }
    return Usage(
      wall: try reader.readUInt64(), processor: try reader.readUInt64(),
      peakMemory: try reader.readUInt64())
  }

  /// What `--measure` does: runs the program, and prints the three numbers of its usage.
  func measure() throws {
    let (status, usage) = try start(output: nil)
    guard status == 0 else { throw BenchmarkError("\(path) ended with \(status)") }
    let writer = ByteWriter(StandardOutputSink())
    for number in [usage.wall, usage.processor, usage.peakMemory] {
      try writer.writeUInt64(number)
    }
    try writer.flush()
  }

  /// Runs the program with its standard output going to a descriptor, or nowhere.
  private func start(output: Int32?) throws(BenchmarkError) -> (status: Int32, usage: Usage) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let clock = ContinuousClock()
    let start = clock.now
    var process = pid_t()
    let code = posix_spawn(&process, path, &actions, nil, &words, environ)
    guard code == 0 else { throw BenchmarkError("\(path) can't be started: \(code)") }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkError("\(path) was lost: \(errno)") }
    }
    let wall = (clock.now - start).nanoseconds
    let taken = Usage(
      wall: wall, processor: usage.ru_utime.nanoseconds + usage.ru_stime.nanoseconds,
      peakMemory: UInt64(usage.ru_maxrss) << 10)
    return (status, taken)
  }

  /// The path of a program that `PATH` finds.
  static func find(_ name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0) } ?? ""
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}

/// The read end of a pipe. Owned by who made it.
private final class PipeSource: ByteSource {
  let name = "pipe"
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    max(Glibc.read(descriptor, buffer.baseAddress, buffer.count), 0)
  }
}

/// Why a benchmark could not be run.
struct BenchmarkError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

extension Duration {
  /// Nanoseconds, rounded down.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
  }
}

extension timeval {
  fileprivate var nanoseconds: UInt64 { UInt64(tv_sec) * 1_000_000_000 + UInt64(tv_usec) * 1_000 }
}

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
  /// What serves the pre-images that the program asks for on descriptors 3 to 6, if it asks for any. What
  /// that takes does not count.
  var host: Host?

  /// A host of pre-images: a build of falconet and the directory that they are in.
  struct Host {
    var falconet: String
    var preimages: String
  }

  /// The option that has this program start another one, and print what it took.
  static let option = "--measure"
  /// The same for one that gets pre-images, by the falconet and from the directory that follow.
  static let servedOption = "--measure-served"

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
    let how = host.map { [Self.servedOption, $0.falconet, $0.preimages] } ?? [Self.option]
    let child = Child(path: "/proc/self/exe", arguments: how + [path] + arguments)
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

  /// The child of this process's own arguments; nil if they have none of the options.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    switch rest.popFirst() {
    case Self.option: break
    case Self.servedOption:
      guard let falconet = rest.popFirst(), let preimages = rest.popFirst() else { return nil }
      host = Host(falconet: falconet, preimages: preimages)
    default: return nil
    }
    guard let path = rest.popFirst() else { return nil }
    self.path = path
    self.arguments = Array(rest)
  }

  init(path: String, arguments: [String], host: Host? = nil) {
    (self.path, self.arguments, self.host) = (path, arguments, host)
  }

  /// What the options do: runs the program, and prints the three numbers of its usage.
  func measure() throws {
    let (status, usage) = try host.map { try start(servedBy: $0) } ?? start(output: nil)
    guard status == 0 else { throw BenchmarkError("\(path) ended with \(status)") }
    let writer = ByteWriter(StandardOutputSink())
    for number in [usage.wall, usage.processor, usage.peakMemory] {
      try writer.writeUInt64(number)
    }
    try writer.flush()
  }

  /// Runs the program with a host on descriptors 3 to 6, and its output going nowhere.
  private func start(servedBy host: Host) throws(BenchmarkError) -> (status: Int32, usage: Usage) {
    /// A pipe whose ends are out of the way of the descriptors that they are to become.
    func channel() throws(BenchmarkError) -> (read: Int32, write: Int32) {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw BenchmarkError("no pipe: \(errno)") }
      let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 100) }
      for end in ends { close(end) }
      guard !moved.contains(-1) else { throw BenchmarkError("no pipe: \(errno)") }
      return (moved[0], moved[1])
    }
    let (hints, acknowledgements, keys, answers) = (
      try channel(), try channel(), try channel(), try channel()
    )
    let all = [hints, acknowledgements, keys, answers].flatMap { [$0.read, $0.write] }
    let serving = Child(path: host.falconet, arguments: ["serve-preimages", host.preimages])
    let server = try serving.spawn(
      output: nil, with: [hints.read, acknowledgements.write, keys.read, answers.write])
    let clock = ContinuousClock()
    let start = clock.now
    let process = try spawn(
      output: nil, with: [acknowledgements.read, hints.write, answers.read, keys.write])
    for end in all { close(end) }
    let result = try Self.wait(for: process, clock, since: start)
    // It ends as the guest does.
    _ = try Self.wait(for: server, clock, since: start)
    return result
  }

  /// Runs the program with its standard output going to a descriptor, or nowhere.
  private func start(output: Int32?) throws(BenchmarkError) -> (status: Int32, usage: Usage) {
    let clock = ContinuousClock()
    let start = clock.now
    return try Self.wait(for: spawn(output: output, with: []), clock, since: start)
  }

  /// Starts the program.
  ///
  /// - Parameter channels: what becomes its descriptors from 3 on.
  private func spawn(output: Int32?, with channels: [Int32]) throws(BenchmarkError) -> pid_t {
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
    for (position, channel) in channels.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, channel, Int32(3 + position))
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let code = posix_spawn(&process, path, &actions, nil, &words, environ)
    guard code == 0 else { throw BenchmarkError("\(path) can't be started: \(code)") }
    return process
  }

  /// Waits for the end of a program.
  private static func wait(
    for process: pid_t, _ clock: ContinuousClock, since start: ContinuousClock.Instant
  ) throws(BenchmarkError) -> (status: Int32, usage: Usage) {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkError("a program was lost: \(errno)") }
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

import Falconet
import Glibc

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
struct Child {
  var path: String
  var arguments: [String]

  /// Runs the program to its end, with its output and its log thrown away.
  ///
  /// - Throws: where it can't be started, or ends with an exit code other than 0.
  func run() throws(BenchmarkError) -> Usage {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in [0, 1, 2] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
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
    guard status == 0 else {
      throw BenchmarkError("\(path) \(arguments.joined(separator: " ")) ended with \(status)")
    }
    return Usage(
      wall: wall, processor: usage.ru_utime.nanoseconds + usage.ru_stime.nanoseconds,
      peakMemory: UInt64(usage.ru_maxrss) << 10)
  }

  /// The path of a program that `PATH` finds.
  static func find(_ name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0) } ?? ""
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
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

import FalconetStreams
import Glibc

/// The guests of `Tests/Guests`, built by the clang that comes with Swift.
package enum GuestBuild {
  /// The clang beside the `swift` that is found first, if it is there.
  package static let clang: String? = {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    for folder in path.split(separator: ":") {
      guard let swift = realpath("\(folder)/swift", nil) else { continue }
      defer { free(swift) }
      let tools = String(cString: swift).split(separator: "/", omittingEmptySubsequences: false)
      let clang = tools.dropLast().joined(separator: "/") + "/clang"
      if access(clang, X_OK) == 0 { return clang }
    }
    return nil
  }()

  /// The built programs by their name, such as `kona-like`.
  package static func programs() throws -> [String: [UInt8]] {
    guard let clang else { throw FixtureError("there is no clang beside swift") }
    let folder = try TemporaryFolder()
    let script = String(
      #filePath.dropLast("FalconetTestSupport/Machines/GuestBuild.swift".count) + "Guests/build")
    let log = folder.file("log")
    guard try run([script, clang, folder.path], log) == 0 else {
      let text = folder.read("log").map { String(decoding: $0, as: UTF8.self) } ?? ""
      throw FixtureError("the guests cannot be built: \(text)")
    }
    var programs: [String: [UInt8]] = [:]
    for name in folder.names where name.hasSuffix(".elf") {
      programs[String(name.dropLast(4))] = folder.read(name)
    }
    return programs
  }

  /// Runs a command with its output in a file. Returns its exit status.
  private static func run(_ arguments: [String], _ log: String) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ) == 0 else {
      throw FixtureError("\(arguments[0]) cannot be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }
}

import FalconetStreams
import Glibc

/// Independent readers of what is written here.
enum Python {
  /// Whether there is a Python.
  static let isInstalled = (try? run(["-c", "import json"])) != nil

  /// The script of a name in `Readers`.
  static func reader(_ name: String) -> String {
    String(#filePath.dropLast("Support/Python.swift".count)) + "Readers/" + name
  }

  /// What Python prints; an error if it fails.
  static func run(_ arguments: [String]) throws -> [UInt8] {
    let output = "/tmp/falconet-insight-tests-\(UInt64.random(in: .min ... .max))"
    defer { unlink(output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT, 0o600)
    var pointers = (["python3"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawnp(&process, "python3", &actions, nil, &pointers, environ) == 0 else {
      throw PythonError(description: "python3 can't be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw PythonError(description: "python3 ended with \(status)") }
    return try ByteReader(FileSource(path: output)).readAll(limit: 1 << 26)
  }

  /// Calls `body` with the path of a file that holds `bytes`.
  static func withFile<Result>(
    _ bytes: [UInt8], _ body: (String) throws -> Result
  ) throws -> Result {
    let path = "/tmp/falconet-insight-tests-\(UInt64.random(in: .min ... .max))"
    defer { unlink(path) }
    let file = try FileSink(path: path, permissions: 0o600)
    try file.write(bytes)
    try file.finish()
    return try body(path)
  }
}

struct PythonError: Error, CustomStringConvertible {
  var description: String
}

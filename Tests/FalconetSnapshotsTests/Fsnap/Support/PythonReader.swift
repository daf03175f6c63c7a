import FalconetStreams
import FalconetTestSupport
import Glibc

/// The reader of `docs/snapshot_claim.py`, which was written from the specification alone.
enum PythonReader {
  private static let script =
    String(
      #filePath.dropLast("/Tests/FalconetSnapshotsTests/Fsnap/Support/PythonReader.swift".count))
    + "/docs/snapshot_claim.py"

  /// Whether there is a Python 3.8 or later.
  static let isInstalled = succeeds("import sys; assert sys.version_info >= (3, 8)")
  /// Whether it can decompress zstd.
  static let hasZstd =
    succeeds("import zstandard")
    || succeeds("import ctypes, ctypes.util; ctypes.CDLL(ctypes.util.find_library('zstd'))")
  /// Whether it hashes large states in little time.
  static let isFast = succeeds("from Crypto.Hash import keccak")

  /// What the reader prints, without the line's end; nil if it fails.
  static func claim(_ arguments: [String]) throws -> String? {
    let folder = try TemporaryFolder()
    let output = folder.file("output")
    guard run([script] + arguments, output: output) == 0 else { return nil }
    let text = String(decoding: try Snapshots.contents(output), as: UTF8.self)
    return text.split(separator: "\n").first.map { String($0) }
  }

  private static func succeeds(_ program: String) -> Bool {
    run(["-c", program], output: "/dev/null") == 0
  }

  /// Runs Python with its output in a file.
  /// - Returns: the exit status, or nil where it could not be run or was ended by a signal.
  private static func run(_ arguments: [String], output: String) -> Int32? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var pointers = (["python3"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawnp(&process, "python3", &actions, nil, &pointers, environ) == 0 else {
      return nil
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      if errno != EINTR { return nil }
    }
    // The low seven bits are the signal, the next byte the exit status.
    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
  }
}

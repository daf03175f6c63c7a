import FalconetStreams
import Glibc
import Testing

/// An empty folder that is removed with what it holds when the test is done.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/falconet-streams-" + String(UInt64.random(in: .min ... .max), radix: 16)
    try #require(mkdir(path, 0o700) == 0)
  }

  deinit { _ = shell("rm -rf '\(path)'") }

  func file(_ name: String) -> String { path + "/" + name }

  /// The names in the folder, sorted.
  var names: [String] {
    var names: [String] = []
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func permissions(_ name: String) throws -> UInt32 {
    var status = stat()
    try #require(stat(file(name), &status) == 0)
    return status.st_mode & 0o7777
  }
}

/// Runs `command` with the shell. Unlike `system`, it leaves the process's signal handlers alone.
/// - Returns: Its exit code, or -1.
@discardableResult
func shell(_ command: String) -> Int32 {
  let path = getenv("PATH").map { "PATH=" + String(cString: $0) } ?? "PATH=/usr/bin:/bin"
  let arguments: [UnsafeMutablePointer<CChar>?] = [
    strdup("/bin/sh"), strdup("-c"), strdup(command), nil,
  ]
  let environment: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
  defer { for text in arguments + environment { free(text) } }
  var child: pid_t = 0
  guard posix_spawn(&child, "/bin/sh", nil, nil, arguments, environment) == 0 else { return -1 }
  var status: Int32 = 0
  while waitpid(child, &status, 0) == -1 { if errno != EINTR { return -1 } }
  return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
}

/// A small tmpfs, if this process may mount one.
final class SmallDisk {
  let folder: TemporaryFolder

  init?(options: String) throws {
    folder = try TemporaryFolder()
    let command = "mount -t tmpfs -o \(options) none '\(folder.path)' 2>/dev/null"
    if shell(command) != 0 { return nil }
  }

  deinit { shell("umount '\(folder.path)'") }
}

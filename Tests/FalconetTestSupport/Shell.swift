import Glibc

/// Runs `command` with the shell. Unlike `system`, it leaves the process's signal handlers alone.
/// - Returns: Its exit code, or -1.
@discardableResult
package func shell(_ command: String) -> Int32 {
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

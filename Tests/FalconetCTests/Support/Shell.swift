import Glibc
import Testing

/// Commands of the shell.
enum Shell {
  /// What a command left behind.
  struct Outcome {
    /// The exit code; 128 and more if a signal ended it.
    var exitCode: Int32
    /// Standard output and standard error.
    var output: String
  }

  /// Runs a command to its end.
  static func run(_ command: String) throws -> Outcome {
    // Braces: the redirection is for all of the command.
    let pipe = try #require(popen("{ \(command)\n} 2>&1", "re"))
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      output += buffer.prefix(count)
    }
    let status = pclose(pipe)
    let exitCode = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    return Outcome(exitCode: exitCode, output: String(decoding: output, as: UTF8.self))
  }

  /// Runs a command that must succeed, and gives its output.
  @discardableResult
  static func output(_ command: String) throws -> String {
    let outcome = try run(command)
    try #require(outcome.exitCode == 0, "\(command): \(outcome.output)")
    return outcome.output
  }

  /// Whether there is such a program.
  static func has(_ program: String) -> Bool {
    (try? run("command -v \(quoted(program))").exitCode) == 0
  }

  /// A word of a command.
  static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}

import Glibc
import Testing

/// The folder of this test target.
let testFolder = String(#filePath.dropLast("/Support/Tool.swift".count))

/// The built program, which the build puts next to the tests' executable.
enum Tool {
  /// Its path, or why it isn't there.
  static let path: Result<String, ToolError> = Result { () throws(ToolError) in
    guard let resolved = realpath("/proc/self/exe", nil) else {
      throw ToolError("the path of the tests' executable can't be read")
    }
    let executable = String(cString: resolved)
    free(resolved)
    let folder = executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)]
    let path = String(folder) + "/falconet"
    guard access(path, X_OK) == 0 else {
      throw ToolError("there is no program \(path): build it with swift build --product falconet")
    }
    return path
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - folder: the current folder of the run.
  ///   - input: what the program finds on standard input; nil for nothing.
  ///   - output: a file that gets standard output in place of the outcome.
  ///   - program: the program's path, if it isn't the one that the build made.
  ///   - wrapper: a command that becomes the program.
  static func run(
    _ arguments: [String], in folder: String = "/", input: [UInt8]? = nil, output: String? = nil,
    program: String? = nil, wrapper: [String] = []
  ) throws -> Outcome {
    try RunningTool(
      arguments, in: folder, input: input.map { .bytes($0) } ?? .none, output: output,
      program: program, wrapper: wrapper
    ).wait()
  }
}

struct ToolError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// What a run of the program left behind.
struct Outcome {
  /// The exit code; nil if a signal ended it.
  var exitCode: Int32?
  var output: [UInt8]
  /// Standard error.
  var log: String

  var text: String { String(decoding: output, as: UTF8.self) }

  /// The lines of the log that hold all of `parts`.
  func lines(with parts: String...) -> [Substring] {
    log.split(separator: "\n").filter { line in parts.allSatisfy { line.contains($0) } }
  }
}

import ArgumentParser

/// A command with a list of arguments, and a server's command line after `--`. Argument-parser allows one
/// list, so the words after `--` come as values of a hidden option.
protocol TakesServerWords: ParsableCommand {}

enum ServerWords {
  /// The option's name.
  static let flag = "server-word"

  /// The arguments of a command with the words after `--` as values of the option.
  static func rewritten(_ arguments: [String]) -> [String] {
    guard let marker = arguments.firstIndex(of: "--") else { return arguments }
    // A word may be empty or begin with a dash.
    return arguments[..<marker]
      + arguments[(marker + 1)...].flatMap { $0.isEmpty ? ["--\(flag)", ""] : ["--\(flag)=\($0)"] }
  }
}

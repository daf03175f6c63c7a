import ArgumentParser

/// Rewrites a command line as Go's flag parser reads it into one for swift-argument-parser.
///
/// Go takes `-name` as `--name`, `--name=value` and `--name value` alike, any next argument as the
/// value of a flag that has one, `--name=false` for a flag that has none, and ends the flags at
/// `--` or at the first argument that is no flag.
package struct GoFlags {
  /// Flags without a value.
  package static let booleans: Set<String> = [
    "debug", "pprof.cpu", "snapshot-delta", "trust-pages", "confirm", "json", "help", "h",
    "version",
  ]

  /// The words that Go's `strconv.ParseBool` takes.
  private static let truths: Set<String> = ["1", "t", "T", "TRUE", "true", "True"]
  private static let falsehoods: Set<String> = ["0", "f", "F", "FALSE", "false", "False"]

  /// The rewritten arguments of a subcommand, without its name.
  ///
  /// - Parameter input: the names of the flag for the file that is read, which may be given without the
  ///   flag. Cannon's flags end at such an argument, and without the flag, its command lines are
  ///   errors.
  package static func rewritten(
    _ arguments: ArraySlice<String>, input: [String] = []
  ) throws(UsageError) -> [String] {
    var result: [String] = []
    var rest = arguments
    var hasInput = input.isEmpty
    var hasArgument = false
    while let argument = rest.first {
      if argument == "--" {
        rest = rest.dropFirst()
        break
      }
      if !argument.hasPrefix("-") || argument == "-" {
        if hasArgument {
          throw UsageError("unexpected argument '\(argument)': a server's command line follows --")
        }
        guard !hasInput else { break }
        (hasInput, hasArgument) = (true, true)
        rest = rest.dropFirst()
        result += option(input[0], argument)
        continue
      }
      rest = rest.dropFirst()
      let body = argument.hasPrefix("--") ? argument.dropFirst(2) : argument.dropFirst(1)
      let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard !name.isEmpty, !name.hasPrefix("-") else {
        throw UsageError("bad flag syntax: \(argument)")
      }
      if input.contains(name) {
        guard !hasArgument else {
          throw UsageError("--\(name) names a second file: leave out the argument without a flag")
        }
        hasInput = true
      }
      if booleans.contains(name) {
        let value = parts.count == 2 ? String(parts[1]) : "true"
        if truths.contains(value) {
          result.append(name.count == 1 ? "-\(name)" : "--\(name)")
        } else if !falsehoods.contains(value) {
          throw UsageError(
            "invalid value \"\(value)\" for flag --\(name): use true or false")
        }
      } else if parts.count == 2 {
        result += option(name, String(parts[1]))
      } else {
        guard let value = rest.first else {
          throw UsageError("flag needs an argument: --\(name)")
        }
        rest = rest.dropFirst()
        result += option(name, value)
      }
    }
    // If the rest contains "--", only what follows it counts.
    if let marker = rest.firstIndex(of: "--") { rest = rest[(marker + 1)...] }
    return rest.isEmpty ? result : result + ["--"] + rest
  }

  /// An option as swift-argument-parser takes it: an empty value in an argument of its own, any
  /// other value, which may begin with a dash, in the same one.
  private static func option(_ name: String, _ value: String) -> [String] {
    value.isEmpty ? ["--\(name)", ""] : ["--\(name)=\(value)"]
  }
}

/// A command line that makes no sense: exit code 64.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// An unsigned number as Go's `strconv.ParseUint` with base 0 reads it: decimal, `0x`, `0o`, `0b`,
/// or octal with a leading `0`, with underscores between digits.
package struct GoNumber: ExpressibleByArgument, Sendable {
  package let value: UInt64

  init(_ value: UInt64) { self.value = value }

  package init?(argument: String) { self.init(argument) }

  package init?(_ text: some StringProtocol) {
    var digits = text.lowercased()[...]
    var radix = 10
    var hasPrefix = false
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      digits = digits.dropFirst(2)
      radix = base
      hasPrefix = true
    }
    if !hasPrefix, digits.count > 1, digits.hasPrefix("0") {
      digits = digits.dropFirst(1)
      radix = 8
      hasPrefix = true
    }
    // Swift's parser would take a sign.
    guard digits.allSatisfy({ $0.isHexDigit || $0 == "_" }), !digits.hasSuffix("_"),
      !digits.contains("__"), hasPrefix || !digits.hasPrefix("_"),
      let value = UInt64(digits.filter { $0 != "_" }, radix: radix)
    else { return nil }
    self.value = value
  }

  package var defaultValueDescription: String { "\(value)" }
}

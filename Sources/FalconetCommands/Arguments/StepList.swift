import FalconetRun
import FalconetStreams

/// Steps from a file: numbers or patterns, several on a line or one on each. `#` begins a comment.
package enum StepList {
  /// Room for three million of the largest steps.
  private static let limit: UInt64 = 64 << 20

  /// The patterns in a file; a number alone is that step. `-` is standard input.
  ///
  /// - Throws: ``UsageError`` for what is no pattern, `StreamError` for a file that cannot be read.
  package static func patterns(of path: String) throws -> [StepPattern] {
    try items(of: path) { (item) throws(UsageError) in
      if let number = plain(item) { .at(number) } else { try StepPattern(item) }
    }
  }

  /// The numbers that arguments are or name: `5`, `=5`, or `@steps.txt` for those in a file.
  ///
  /// - Throws: ``UsageError`` for what is no number, `StreamError` for a file that cannot be read.
  package static func numbers(_ arguments: [String]) throws -> [UInt64] {
    try arguments.flatMap { argument in
      isFile(argument)
        ? try items(of: String(argument.dropFirst()), number)
        : [try number(argument)]
    }
  }

  /// Whether an argument names a file of numbers.
  package static func isFile(_ argument: String) -> Bool { argument.hasPrefix("@") }

  private static func number(_ text: some StringProtocol) throws(UsageError) -> UInt64 {
    guard let number = text.hasPrefix("=") ? GoNumber(text.dropFirst())?.value : plain(text) else {
      throw UsageError("\"\(text)\" is no number of a step")
    }
    return number
  }

  /// A number without `=`: decimal, with zeros in front or without, or as Go writes it.
  private static func plain(_ text: some StringProtocol) -> UInt64? {
    text.allSatisfy { $0.isASCII && $0.isNumber } ? UInt64(text) : GoNumber(text)?.value
  }

  private static func items<Item>(
    of path: String, _ read: (Substring) throws(UsageError) -> Item
  ) throws -> [Item] {
    guard !path.isEmpty else {
      throw UsageError("@ names no file: give a list of steps as @FILE")
    }
    let bytes = try ByteReader(Inputs.source(path)).readAll(limit: limit)
    var items: [Item] = []
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let text = line.prefix { $0 != "#" }
      for item in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
        do throws(UsageError) { items.append(try read(item)) } catch {
          throw UsageError("\(path), line \(index + 1): \(error)")
        }
      }
    }
    return items
  }
}

/// A file name with the step in it, as Go's `Sprintf` makes it from a format: `proof-%d.json`.
package struct FileNameFormat: Sendable, Equatable {
  private enum Piece: Equatable, Sendable {
    case text(String)
    /// `%d`, `%x`, or with a width, `%08d`.
    case number(radix: Int, width: Int, zeros: Bool)
  }

  private let pieces: [Piece]
  private let format: String

  /// No system has longer file names.
  private static let maximumWidth = 255

  /// - Throws: ``UsageError`` if the format has a verb other than `%d`, `%x` and `%%`, more
  ///   than one number, or one that is wider than a file name can be.
  package init(_ format: String) throws(UsageError) {
    self.format = format
    var pieces: [Piece] = []
    var text = ""
    var rest = format[...]
    while let character = rest.popFirst() {
      guard character == "%" else {
        text.append(character)
        continue
      }
      let zeros = rest.hasPrefix("0")
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      switch rest.popFirst() {
      case "%" where digits.isEmpty: text.append("%")
      case let verb? where verb == "d" || verb == "x":
        let width = digits.allSatisfy { $0 == "0" } ? 0 : Int(digits)
        guard let width, width <= Self.maximumWidth else {
          throw UsageError(
            "file name format \"\(format)\": the width is more than \(Self.maximumWidth)")
        }
        pieces.append(.text(text))
        text = ""
        pieces.append(
          .number(radix: verb == "d" ? 10 : 16, width: width, zeros: zeros))
      default:
        throw UsageError("file name format \"\(format)\": only %d, %x and %% are known")
      }
    }
    pieces.append(.text(text))
    self.pieces = pieces
    guard pieces.count <= 3 else {
      throw UsageError("file name format \"\(format)\" has more than one number in it")
    }
  }

  /// Whether two steps get different names.
  package var hasNumber: Bool { pieces.count == 3 }

  var isEmpty: Bool { format.isEmpty }

  var isStandardOutput: Bool { format == "-" }

  /// The step that a name is for; nil if it is no name of this format with a number.
  package func step(of name: String) -> UInt64? { step(of: name, prefix: prefix, suffix: suffix) }

  /// The step that the last part of a path is for, if the format has its number there.
  func step(ofLastPart last: String) -> UInt64? {
    guard !suffix.contains("/") else { return nil }
    return step(of: last, prefix: Self.lastPart(prefix), suffix: suffix)
  }

  private func step(of name: String, prefix: String, suffix: String) -> UInt64? {
    guard case .number(let radix, _, _) = number, name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    guard rest.hasSuffix(suffix) else { return nil }
    let digits = rest.dropLast(suffix.count).drop { $0 == " " }
    guard let step = UInt64(digits, radix: radix) else { return nil }
    // A sign, another case of digits, or other padding makes it another name.
    return prefix + text(of: step) + suffix == name ? step : nil
  }

  /// What formats have in common whose names can be the same for different steps: the last part of
  /// the path without the digits beside the number.
  var stem: [String] {
    let radix = if case .number(16, _, _) = number { 16 } else { 10 }
    func isDigit(_ character: Character) -> Bool {
      character == " " || Int(String(character), radix: radix) != nil
    }
    let before = Self.lastPart(prefix)
    let kept = before.count - before.reversed().prefix(while: isDigit).count
    return [String(before.prefix(kept)), String(suffix.drop(while: isDigit))]
  }

  private static func lastPart(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }

  /// The parts beside the number, or the whole.
  private var prefix: String { if case .text(let text) = pieces[0] { text } else { "" } }
  private var suffix: String {
    if hasNumber, case .text(let text) = pieces[2] { text } else { "" }
  }
  private var number: Piece? { hasNumber ? pieces[1] : nil }

  private func text(of step: UInt64) -> String {
    guard case .number(let radix, let width, let zeros) = number else { return "" }
    let digits = String(step, radix: radix)
    return String(repeating: zeros ? "0" : " ", count: max(0, width - digits.count)) + digits
  }

  /// The name for a step.
  package func name(step: UInt64) -> String {
    prefix + text(of: step) + suffix
  }
}

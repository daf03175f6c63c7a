/// A file name with the step in it, as Go's `Sprintf` makes it from a format: `proof-%d.json`.
package struct FileNameFormat: Sendable, Equatable {
  private enum Piece: Equatable, Sendable {
    case text(String)
    /// `%d`, `%x`, or with a width, `%08d`.
    case number(radix: Int, width: Int, zeros: Bool)
  }

  private let pieces: [Piece]
  private let format: String

  /// - Throws: ``UsageError`` where the format has a verb other than `%d`, `%x` and `%%`, or more
  ///   than one number.
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
        pieces.append(.text(text))
        text = ""
        pieces.append(
          .number(radix: verb == "d" ? 10 : 16, width: min(Int(digits) ?? 0, 64), zeros: zeros))
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

  /// The name for a step.
  package func name(step: UInt64) -> String {
    var name = ""
    for piece in pieces {
      switch piece {
      case .text(let text): name += text
      case .number(let radix, let width, let zeros):
        let digits = String(step, radix: radix)
        let padding = String(repeating: zeros ? "0" : " ", count: max(0, width - digits.count))
        name += padding + digits
      }
    }
    return name
  }
}

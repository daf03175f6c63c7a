/// A flame graph: one SVG file that needs no other. Callers stand below callees; the width is the
/// share of steps. Pointing at a frame tells its name and steps, clicking makes it as wide as the
/// picture, and a search colors functions.
struct FlameGraph {
  /// Sizes in pixels.
  private static let width = 1200.0
  private static let rowHeight = 17
  private static let margin = 30
  /// Frames narrower than this are left out.
  private static let leastWidth = 0.3
  /// Stacks deeper than this are cut.
  private static let rowLimit = 512

  private let profile: Profile
  private let tree: FlameTree

  init(_ profile: Profile) {
    self.profile = profile
    tree = FlameTree(profile)
  }

  /// The file's text. The same profile gives the same text.
  var svg: String {
    let rows = min(tree.depth, Self.rowLimit)
    let height = rows * Self.rowHeight + 2 * Self.margin
    var parts = [FlameGraphTexts.header(width: Int(Self.width), height: height)]
    parts.append(
      "<text x=\"10\" y=\"20\">\(profile.steps) steps, \(profile.samples) samples"
        + (profile.mergedSteps > 0 ? ", \(profile.mergedSteps) steps counted for callers" : "")
        + "</text>\n")
    parts.append(FlameGraphTexts.controls(width: Int(Self.width)))
    parts.append("<g id=\"frames\">\n")
    appendFrames(to: &parts, rows: rows)
    parts.append("</g>\n" + FlameGraphTexts.script + "</svg>\n")
    return parts.joined()
  }

  private func appendFrames(to parts: inout [String], rows: Int) {
    guard tree.nodes[0].steps > 0 else { return }
    let scale = Self.width / Double(tree.nodes[0].steps)
    var pending: [(node: Int, start: UInt64, row: Int)] = [(0, 0, 0)]
    while let (node, start, row) = pending.popLast() {
      let frame = tree.nodes[node]
      let width = Double(frame.steps) * scale
      guard width >= Self.leastWidth, row < rows else { continue }
      let y = Self.margin + (rows - 1 - row) * Self.rowHeight
      parts.append(element(frame, x: Double(start) * scale, y: y, width: width))
      var position = start
      for child in frame.children {
        pending.append((child, position, row + 1))
        position &+= tree.nodes[child].steps
      }
    }
  }

  private func element(_ frame: FlameTree.Node, x: Double, y: Int, width: Double) -> String {
    let name = Self.escaped(frame.name)
    let share = Self.decimal(100 * Double(frame.steps) / Double(tree.nodes[0].steps))
    let letters = Int((width - 4) / 7)
    let label =
      letters < 3
      ? ""
      : frame.name.count <= letters
        ? name : Self.escaped(String(frame.name.prefix(letters - 1))) + "…"
    return "<g><title>\(name) (\(frame.steps) steps, \(share)%)</title>"
      + "<rect x=\"\(Self.decimal(x))\" y=\"\(y)\" width=\"\(Self.decimal(width))\""
      + " height=\"\(Self.rowHeight - 1)\" fill=\"\(Self.color(frame.name))\"/>"
      + "<text x=\"\(Self.decimal(x + 3))\" y=\"\(y + 12)\">\(label)</text></g>\n"
  }

  /// Two decimals.
  private static func decimal(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// A color by the package that a function is of, so that they stand apart: warm for the program,
  /// gray for Go's runtime.
  private static func color(_ name: String) -> String {
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    let shade = hash % 24
    if name.hasPrefix("runtime.") || name.hasPrefix("internal/runtime") || name == "all" {
      return "hsl(210,12%,\(70 + shade / 2)%)"
    }
    return "hsl(\(18 + hash % 34),\(75 + shade % 16)%,\(56 + shade / 2)%)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

import FalconetConform
import FalconetStreams

/// The report in the form that JUnit writes and build servers read: a suite for each area, a case for each
/// check.
extension ConformView {
  func writeJUnit(to path: String) throws(StreamError) {
    let text = junit
    try OutputFile.write(path) { (sink) throws(StreamError) in
      try sink.write(Array(text.utf8))
    }
  }

  var junit: String {
    var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    text += "<testsuites name=\"\(Self.escaped(result.name))\" tests=\"\(report.made.count)\""
    text += " failures=\"\(report.failures.count)\""
    text += " skipped=\"\(report.made.count { !$0.isTested })\">\n"
    for area in areas {
      let made = report.made.filter { $0.area == area }
      text += "  <testsuite name=\"\(area.rawValue)\" tests=\"\(made.count)\""
      text += " failures=\"\(report.failures(in: area).count)\""
      text += " skipped=\"\(report.untested(in: area).count)\""
      guard !made.isEmpty else {
        text += "/>\n"
        continue
      }
      text += ">\n"
      for check in made {
        let name = check.program.isEmpty ? check.name : "\(check.program): \(check.name)"
        text += "    <testcase classname=\"\(area.rawValue)\" name=\"\(Self.escaped(name))\""
        if let failure = check.failure {
          let message = Self.escaped(report.failures[failure].message)
          text += ">\n      <failure message=\"\(message)\"/>\n    </testcase>\n"
        } else if !check.isTested {
          text += ">\n      <skipped message=\"there was nothing to test\"/>\n    </testcase>\n"
        } else {
          text += "/>\n"
        }
      }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  /// A text inside of an attribute of XML.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.readableFileName.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // XML has no other control characters, however they are written.
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

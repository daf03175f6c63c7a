import ArgumentParser

/// A time in whole seconds: `90`, `90s`, `15m`, `2h`, `1d`, or several parts, `1h30m`.
package struct TimeSpan: ExpressibleByArgument {
  package let seconds: UInt64

  package init(seconds: UInt64) { self.seconds = seconds }

  private static let units: [(name: Character, seconds: UInt64)] = [
    ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
  ]

  package init?(argument: String) {
    var total: UInt64 = 0
    var rest = argument[...]
    // Each unit is smaller than the one before.
    var units = Self.units[...]
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let name = rest.popFirst()
      // A number without a unit is seconds if it is alone.
      guard let position = units.firstIndex(where: { $0.name == name ?? "s" }),
        name != nil || digits.count == argument.count, let count = UInt64(digits),
        case (let part, false) = count.multipliedReportingOverflow(by: units[position].seconds),
        case (let sum, false) = total.addingReportingOverflow(part)
      else { return nil }
      total = sum
      units = units[(position + 1)...]
    } while !rest.isEmpty
    seconds = total
  }

  package var defaultValueDescription: String {
    let unit = Self.units.first { seconds > 0 && seconds % $0.seconds == 0 }
    return unit.map { "\(seconds / $0.seconds)\($0.name)" } ?? "\(seconds)"
  }
}

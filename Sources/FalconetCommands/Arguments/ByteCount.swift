import ArgumentParser

/// A number of bytes: `65536`, `64KiB`, `64MiB`, `8GiB` or `1TiB`.
package struct ByteCount: ExpressibleByArgument {
  package let bytes: UInt64

  package init(_ bytes: UInt64) { self.bytes = bytes }

  private static let units: [(suffix: String, shift: UInt64)] = [
    ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40),
  ]

  package init?(argument: String) {
    let unit = Self.units.first { argument.hasSuffix($0.suffix) }
    let digits = argument.dropLast(unit?.suffix.count ?? 0)
    // Swift's parser would take a sign.
    guard digits.first?.isNumber == true, let count = UInt64(digits),
      case (let bytes, false) = count.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
    else { return nil }
    self.bytes = bytes
  }

  package var defaultValueDescription: String {
    let unit = Self.units.last { bytes > 0 && bytes & (1 << $0.shift - 1) == 0 }
    return unit.map { "\(bytes >> $0.shift)\($0.suffix)" } ?? "\(bytes)"
  }
}

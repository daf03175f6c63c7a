import ArgumentParser
import FalconetMachine

/// A number of bytes: `65536`, `64KiB`, `64MiB`, `8GiB` or `1TiB`; the units are also `K`, `M`, `G`, `T`
/// and `B`.
package struct ByteCount: ExpressibleByArgument {
  package let bytes: UInt64

  package init(_ bytes: UInt64) { self.bytes = bytes }

  private static let units: [(suffix: String, shift: UInt64)] = [
    ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30), ("T", 40),
    ("B", 0), ("", 0),
  ]

  package init?(argument: String) {
    // Swift's parser would take a sign.
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let suffix = argument.dropFirst(digits.count)
    guard let unit = Self.units.first(where: { $0.suffix == suffix }), let count = UInt64(digits),
      case (let bytes, false) = count.multipliedReportingOverflow(by: 1 << unit.shift)
    else { return nil }
    self.bytes = bytes
  }

  /// Whole pages in as many bytes.
  var pages: Int { Int(clamping: bytes / UInt64(Memory.pageSize)) }

  package var defaultValueDescription: String {
    let unit = Self.units.prefix(4).last { bytes > 0 && bytes & (1 << $0.shift - 1) == 0 }
    return unit.map { "\(bytes >> $0.shift)\($0.suffix)" } ?? "\(bytes)"
  }
}

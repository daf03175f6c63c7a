import ArgumentParser
import FalconetMachine

/// A number of bytes: `65536`, `64KiB`, `10GiB` or `10GB`. Units are powers of 1024 (`KiB` or `K`, up to
/// `TiB` or `T`) or of 1000 (`kB`, up to `TB`), in any case.
package struct ByteCount: ExpressibleByArgument {
  package let bytes: UInt64

  package init(_ bytes: UInt64) { self.bytes = bytes }

  private static let binaryUnits: [(suffix: String, bytes: UInt64)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
  ]

  private static let units: [String: UInt64] = [
    "": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
  ]

  package init?(argument: String) {
    // Swift's parser would take a sign.
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let suffix = argument.dropFirst(digits.count).lowercased()
    guard let unit = Self.units[suffix], let count = UInt64(digits),
      case (let bytes, false) = count.multipliedReportingOverflow(by: unit)
    else { return nil }
    self.bytes = bytes
  }

  /// Whole pages in as many bytes.
  var pages: Int { Int(clamping: bytes / UInt64(Memory.pageSize)) }

  package var defaultValueDescription: String {
    let unit = Self.binaryUnits.last { bytes > 0 && bytes % $0.bytes == 0 }
    return unit.map { "\(bytes / $0.bytes)\($0.suffix)" } ?? "\(bytes)"
  }
}

/// A number of bytes, as ``ByteCount``, or of MiB if no unit is given.
package struct BudgetSize: ExpressibleByArgument {
  package let bytes: UInt64

  package init(_ bytes: UInt64) { self.bytes = bytes }

  package init?(argument: String) {
    if argument.allSatisfy({ $0.isASCII && $0.isNumber }), let count = UInt64(argument) {
      // More than there can be is no limit.
      let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << 20)
      self.bytes = overflow ? .max : bytes
    } else {
      guard let count = ByteCount(argument: argument) else { return nil }
      bytes = count.bytes
    }
  }

  package var defaultValueDescription: String { ByteCount(bytes).defaultValueDescription }
}

/// A number of bytes that Cannon takes too: as Go reads numbers, or with a unit.
package struct GoByteCount: ExpressibleByArgument {
  package let bytes: UInt64

  package init(_ bytes: UInt64) { self.bytes = bytes }

  package init?(argument: String) {
    guard let bytes = GoNumber(argument)?.value ?? ByteCount(argument: argument)?.bytes else {
      return nil
    }
    self.bytes = bytes
  }

  package var defaultValueDescription: String { "\(bytes)" }
}

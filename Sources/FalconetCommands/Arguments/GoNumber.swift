import ArgumentParser

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

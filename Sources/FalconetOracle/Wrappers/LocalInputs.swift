import FalconetMachine
import FalconetStreams
import Keccak

/// Answers the local inputs that it was given, and asks another source for everything else.
///
/// Hosts don't store local inputs (key type 1) with the other pre-images, so that a run from a
/// stored folder needs them from here.
package struct LocalInputs: PreimageOracle {
  /// The values of the local inputs, by index.
  package var values: [UInt64: [UInt8]]

  /// The source of everything else, and of local inputs that are not in ``values``.
  package var source: any PreimageOracle

  package init(_ values: [UInt64: [UInt8]], source: any PreimageOracle) {
    self.values = values
    self.source = source
  }

  /// - Throws: what the source throws; nothing for an input in ``values``.
  package mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let index = PreimageKey.localIndex(of: key), let value = values[index] { return value }
    return try source.preimage(for: key)
  }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package mutating func flush() throws(PreimageError) { try source.flush() }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
  }
}

extension LocalInputs {
  /// The local inputs that a list of `INDEX=HEX` describes.
  ///
  /// An index is decimal, or hexadecimal with a leading `0x`, below 2^64. A value is an even number
  /// of hexadecimal digits of either case, with or without a leading `0x`, and may be empty.
  ///
  /// - Throws: ``LocalInputError`` for the first text that is no such pair, or repeats an index.
  package static func parse(_ texts: [String]) throws(LocalInputError) -> [UInt64: [UInt8]] {
    var values: [UInt64: [UInt8]] = [:]
    for text in texts {
      let utf8 = text.utf8
      guard let equals = utf8.firstIndex(of: UInt8(ascii: "=")) else {
        throw LocalInputError(.noEqualsSign, text: text)
      }
      guard let index = parseIndex(text[..<equals]) else {
        throw LocalInputError(.badIndex, text: text)
      }
      guard let value = Hex.decode(String(text[utf8.index(after: equals)...])) else {
        throw LocalInputError(.badValue, text: text)
      }
      guard values.updateValue(value, forKey: index) == nil else {
        throw LocalInputError(.repeatedIndex(index), text: text)
      }
    }
    return values
  }

  /// Digits alone: Swift's own parser would take a sign too.
  private static func parseIndex(_ text: Substring) -> UInt64? {
    let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHex ? text.dropFirst(2) : text
    guard digits.utf8.first != UInt8(ascii: "+"), digits.utf8.first != UInt8(ascii: "-") else {
      return nil
    }
    return UInt64(digits, radix: isHex ? 16 : 10)
  }
}

/// Why a text is not a local input of the form `INDEX=HEX`.
package struct LocalInputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the text.
  package enum Kind: Sendable, Equatable {
    /// There is no `=` in it.
    case noEqualsSign
    /// What stands before the `=` is no number below 2^64.
    case badIndex
    /// What stands after the `=` is no even number of hexadecimal digits.
    case badValue
    /// An earlier text gave this index a value.
    case repeatedIndex(UInt64)
  }

  package var kind: Kind
  /// The text as it was given.
  package var text: String

  package init(_ kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }

  package var description: String {
    let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
    let form = "write it as INDEX=HEX, such as 4=0x0000000000000080"
    return switch kind {
    case .noEqualsSign: "local input \"\(shown)\" has no \"=\": \(form)"
    case .badIndex: "local input \"\(shown)\": the index is not a number below 2^64: \(form)"
    case .badValue:
      "local input \"\(shown)\": the value does not have an even number of hexadecimal digits: \(form)"
    case .repeatedIndex(let index):
      "local input \"\(shown)\": index \(index) appears twice: use each index once"
    }
  }
}

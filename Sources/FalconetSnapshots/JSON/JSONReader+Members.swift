import FalconetMachine
import FalconetStreams

extension JSONReader {
  /// Reads an object as Go's decoder does: keys in any order and of either case, unknown ones
  /// skipped, `null` the same as an absent key.
  ///
  /// Go lets the last of two equal keys win; pages that were passed on can't be taken back, so that
  /// is an error here.
  ///
  /// - Parameters:
  ///   - keys: what is read, by its key in lower case.
  ///   - name: the file, for errors.
  ///   - body: reads the value of a key.
  func readMembers<Key: Hashable>(
    _ keys: [String: Key], of name: String, _ body: (Key) throws(StreamError) -> Void
  ) throws(StreamError) {
    var seen: Set<Key> = []
    try beginObject()
    while let text = try nextKey() {
      guard let key = keys[Self.folded(text)] else {
        try skipValue()
        continue
      }
      guard seen.insert(key).inserted else {
        throw StreamError(
          .corrupt, path: name, offset: position, message: "the key \"\(text)\" appears twice")
      }
      if try !readNull() { try body(key) }
    }
  }

  /// A key without its case, as Go compares it: the long s and the Kelvin sign are letters too.
  private static func folded(_ key: String) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in key.unicodeScalars {
      switch scalar {
      case "A"..."Z": folded.append(UnicodeScalar(UInt8(scalar.value) | 0x20))
      case "\u{17F}": folded.append("s")
      case "\u{212A}": folded.append("k")
      default: folded.append(scalar)
      }
    }
    return String(folded)
  }

  /// Reads a whole number of at most `bytes` bytes.
  func readInteger(bytes: Int) throws(StreamError) -> UInt64 {
    try readUInt64(upTo: UInt64.max >> UInt64(64 - 8 * bytes))
  }

  /// Reads an array of numbers into registers: missing ones are zero, further ones are dropped.
  func readRegisters() throws(StreamError) -> Registers {
    var registers = Registers()
    var index = 0
    try beginArray()
    while try nextElement() {
      if index < 32 {
        registers[index] = try readInteger(bytes: 4)
      } else {
        try skipValue()
      }
      index = min(index + 1, 32)
    }
    return registers
  }
}

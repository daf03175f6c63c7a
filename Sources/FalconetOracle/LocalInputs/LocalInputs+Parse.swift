import FalconetStreams

extension LocalInputs {
  /// The local inputs that a list of texts describes, each `INDEX=HEX`, `INDEX=@FILE`, `NAME=VALUE` or
  /// `NAME=@FILE`.
  ///
  /// An index is decimal, or hexadecimal with a leading `0x`, below 2^64. A value in hexadecimal is an
  /// even number of digits of either case, with or without a leading `0x`, and may be empty. A file
  /// holds the bytes themselves. Names, and how a value with a name is written, are those of `program`:
  /// a number is decimal, or hexadecimal with a leading `0x`.
  ///
  /// - Parameters:
  ///   - program: the program that reads the inputs; nil if there are no names.
  ///   - readFile: gives the bytes of a file.
  /// - Throws: ``LocalInputError`` for the first text that describes no input, or repeats an index.
  package static func parse(
    _ texts: [String], program: GameProgram? = nil,
    readFile: (String) throws(StreamError) -> [UInt8]
  ) throws(LocalInputError) -> [UInt64: [UInt8]] {
    var values: [UInt64: [UInt8]] = [:]
    for text in texts {
      do throws(LocalInputError.Kind) {
        let input = try ParsedInput(text, program: program, readFile: readFile)
        guard values.updateValue(input.value, forKey: input.index) == nil else {
          throw .repeatedIndex(input.index)
        }
      } catch { throw LocalInputError(error, text: text, program: program) }
    }
    return values
  }
}

private struct ParsedInput {
  let index: UInt64
  let value: [UInt8]

  init(
    _ text: String, program: GameProgram?, readFile: (String) throws(StreamError) -> [UInt8]
  ) throws(LocalInputError.Kind) {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { throw .noEqualsSign }
    let key = text[..<equals]
    let written = text[text.utf8.index(after: equals)...]
    let row: LocalInputRow?
    // A name begins with a letter, an index never does.
    let isNamed = key.utf8.first.map { ($0 | 0x20) >= UInt8(ascii: "a") } ?? false
    if isNamed {
      guard let program else { throw .nameWithoutProgram }
      guard let input = program.input(named: String(key)) else { throw .unknownName }
      (row, index) = (input.row, input.number)
    } else {
      guard let number = Self.index(key) else { throw .badIndex }
      (row, index) = (program?.input(number), number)
    }
    if written.utf8.first == UInt8(ascii: "@") {
      let path = String(written.dropFirst())
      guard !path.isEmpty else { throw .noFileName }
      do throws(StreamError) { value = try readFile(path) } catch { throw .file(error) }
    } else if isNamed, row?.form == .number {
      guard let number = Self.number(written) else { throw .badNumber }
      value = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    } else {
      guard let bytes = Hex.decode(written) else { throw .badValue }
      value = bytes
    }
    if let row { try Self.check(value, row) }
  }

  /// Digits alone: Swift's own parser would take a sign too.
  private static func index(_ text: Substring) -> UInt64? {
    guard text.utf8.first != UInt8(ascii: "+"), text.utf8.first != UInt8(ascii: "-") else {
      return nil
    }
    return number(text)
  }

  private static func number(_ text: Substring) -> UInt64? {
    let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHex ? text.dropFirst(2) : text
    guard digits.utf8.first.flatMap(Hex.value) != nil else { return nil }
    return UInt64(digits, radix: isHex ? 16 : 10)
  }

  private static func check(
    _ value: [UInt8], _ row: LocalInputRow
  ) throws(LocalInputError.Kind) {
    if let width = row.form.width, value.count != width {
      throw .wrongWidth(row, count: value.count)
    }
    guard row.form == .json else { return }
    // What follows is the program's to judge. This finds hexadecimal text, and files of other kinds.
    let first = value.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { throw .noJSON(row) }
  }
}

import FalconetStreams

/// Why a text describes no local input.
package struct LocalInputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the text.
  package enum Kind: Error, Sendable, Equatable {
    /// There is no `=` in it.
    case noEqualsSign
    /// What stands before the `=` is neither a number below 2^64 nor a name.
    case badIndex
    /// What stands before the `=` is a name, and no program is known.
    case nameWithoutProgram
    /// The program has no input of this name.
    case unknownName
    /// What stands after the `=` is no even number of hexadecimal digits.
    case badValue
    /// What stands after the `=` is no number below 2^64.
    case badNumber
    /// `@` is all that stands after the `=`.
    case noFileName
    /// The file after `@` cannot be read.
    case file(StreamError)
    /// The program expects a value of another width.
    case wrongWidth(LocalInputRow, count: Int)
    /// The program expects JSON.
    case noJSON(LocalInputRow)
    /// An earlier text gave this index a value.
    case repeatedIndex(UInt64)
  }

  package var kind: Kind
  /// The text as it was given.
  package var text: String
  /// The program that reads the inputs, if it is known.
  package var program: GameProgram?

  package init(_ kind: Kind, text: String, program: GameProgram? = nil) {
    (self.kind, self.text, self.program) = (kind, text, program)
  }

  package var description: String {
    let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
    return "local input \"\(shown)\"\(reason)"
  }

  private var reason: String {
    let form = "write it as INDEX=HEX or INDEX=@FILE, such as 4=0x0000000000000080"
    switch kind {
    case .noEqualsSign: return " has no \"=\": \(form)"
    case .badIndex: return ": the index is not a number below 2^64: \(form)"
    case .nameWithoutProgram:
      return """
         has a name, and programs number their inputs in different ways: \
        name the program (\(GameProgram.list))
        """
    case .unknownName: return ": \(unknownName)"
    case .badValue:
      return ": the value does not have an even number of hexadecimal digits: \(advice ?? form)"
    case .badNumber:
      return """
        : the value is not a number below 2^64: write it in decimal, or in hexadecimal after 0x
        """
    case .noFileName: return ": @ names no file: write INDEX=@FILE or NAME=@FILE"
    case .file(let error): return ": \(error)"
    case .wrongWidth(let row, let count):
      let bytes = count == 1 ? "1 byte" : "\(count) bytes"
      let wanted = "\(reader(row)) reads \(row.form.encoding)"
      return ": \(bytes), but \(wanted): \(Self.advice(row))"
    case .noJSON(let row):
      let wanted = "which \(reader(row)) reads: \(Self.advice(row))"
      return ": the value is no JSON object or array, \(wanted)"
    case .repeatedIndex(let index):
      return ": index \(index) appears twice: use each index once"
    }
  }

  private var unknownName: String {
    let name = text.prefix { $0 != "=" }
    let program = program?.rawValue ?? "the program"
    let own = self.program?.inputs.map(\.row.name).joined(separator: ", ") ?? ""
    let others = LocalInputRow.all.first { $0.name == name }?.numbers.keys
      .map(\.rawValue).sorted().joined(separator: ", ")
    let what =
      others.map { "\(program) has no input of this name, unlike \($0)" }
      ?? "\(program) has no input of this name"
    return "\(what): use one of \(own), or a number"
  }

  private func reader(_ row: LocalInputRow) -> String {
    "\(program?.rawValue ?? "the program"), for its \(row.meaning),"
  }

  /// What to write for the input that the text names.
  private var advice: String? {
    let name = String(text.prefix { $0 != "=" })
    return program?.input(named: name).map { Self.advice($0.row) }
  }

  private static func advice(_ row: LocalInputRow) -> String {
    switch row.form {
    case .hash: "write \(row.name)= and 64 hexadecimal digits"
    case .number: "write \(row.name)= and the number in decimal"
    case .json: "write \(row.name)=@FILE with the file that has it"
    }
  }
}

extension LocalInputForm {
  /// The encoding in the words of errors and documents.
  package var encoding: String {
    switch self {
    case .hash: "32 bytes"
    case .number: "8 bytes, big-endian"
    case .json: "JSON"
    }
  }
}

/// The words of a command line that is one argument, by a shell's rules of quoting.
///
/// Blanks separate words. What is in single quotes stays as it is. In double quotes a backslash quotes `"`, `\`, `$` and
/// a backquote, elsewhere any character; a backslash at the end of a line joins it to the next. Nothing else means
/// anything: no shell sees the words, so a variable or a pattern is its own text.
package struct CommandWords {
  private var words: [String] = []
  /// The word that has begun; nil between words.
  private var word: String.UnicodeScalarView?
  private var quote: Unicode.Scalar?
  private var isEscaped = false

  private init() {}

  /// Splits a command line into its words.
  ///
  /// - Parameter flag: what the error names.
  package static func of(_ text: String, flag: String) throws(UsageError) -> [String] {
    var parser = CommandWords()
    for scalar in text.unicodeScalars { parser.take(scalar) }
    if let quote = parser.quote {
      throw UsageError("\(flag): the quote \(quote) is not closed: \(text)")
    }
    guard !parser.isEscaped else {
      throw UsageError("\(flag): the backslash at the end quotes nothing: \(text)")
    }
    parser.endWord()
    return parser.words
  }

  /// Splits the command line of a program, which has at least its name.
  package static func program(_ text: String, flag: String) throws(UsageError) -> [String] {
    let words = try of(text, flag: flag)
    guard words.first?.isEmpty == false else { throw UsageError("\(flag) names no program") }
    return words
  }

  private mutating func take(_ scalar: Unicode.Scalar) {
    if isEscaped { return takeEscaped(scalar) }
    switch (quote, scalar) {
    case ("\"", "\\"), (nil, "\\"): isEscaped = true
    case (let open?, _) where scalar == open: quote = nil
    case (nil, "'"), (nil, "\""):
      quote = scalar
      // A word may be empty if it is quoted.
      append(nil)
    case (nil, " "), (nil, "\t"), (nil, "\n"): endWord()
    default: append(scalar)
    }
  }

  private mutating func takeEscaped(_ scalar: Unicode.Scalar) {
    isEscaped = false
    if scalar == "\n" { return }
    if quote != nil, !"\"\\$`".unicodeScalars.contains(scalar) { append("\\") }
    append(scalar)
  }

  private mutating func append(_ scalar: Unicode.Scalar?) {
    var word = self.word ?? String.UnicodeScalarView()
    self.word = nil
    if let scalar { word.append(scalar) }
    self.word = word
  }

  private mutating func endWord() {
    if let word { words.append(String(word)) }
    word = nil
  }
}

/// Reads a name of C++ (Itanium ABI, "Mangling"). Names with expressions in them are not understood.
struct ItaniumParser {
  typealias Index = ItaniumNode.Index

  /// Why parsing ends early.
  struct Refusal: Error {}

  let name: [UInt8]
  var next = 2
  private(set) var nodes: [ItaniumNode] = []
  /// What a later part may name again.
  private(set) var substitutions: [Index] = []
  /// The arguments that parameters stand for: those of the function's own template.
  var templateArguments: [Index] = []
  private var depth = 0

  init(_ name: [UInt8]) { self.name = name }

  /// The whole name's node, or nil if it is not understood.
  mutating func parseWhole() -> Index? {
    do {
      let root = try encoding()
      guard next == name.count || name[next] == UInt8(ascii: ".") else { return nil }
      return root
    } catch { return nil }
  }

  /// What stands behind the name: the mark of a copy, as optimizers make them.
  var suffix: String {
    next < name.count ? " [\(String(decoding: name[next...], as: UTF8.self))]" : ""
  }

  // MARK: Reading

  var peek: UInt8? { next < name.count ? name[next] : nil }

  func peek(_ text: String) -> Bool { name[next...].starts(with: text.utf8) }

  mutating func take() throws(Refusal) -> UInt8 {
    guard let byte = peek else { throw Refusal() }
    next += 1
    return byte
  }

  mutating func take(_ text: String) -> Bool {
    guard peek(text) else { return false }
    next += text.utf8.count
    return true
  }

  mutating func make(_ node: ItaniumNode) throws(Refusal) -> Index {
    guard nodes.count < Demangler.workLimit else { throw Refusal() }
    nodes.append(node)
    return nodes.count - 1
  }

  mutating func remember(_ node: Index) -> Index {
    substitutions.append(node)
    return node
  }

  mutating func forgetLastSubstitution() { _ = substitutions.popLast() }

  mutating func enter() throws(Refusal) {
    depth += 1
    guard depth <= Demangler.depthLimit else { throw Refusal() }
  }

  mutating func leave() { depth -= 1 }

  mutating func number() throws(Refusal) -> Int {
    var value: Int?
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = (value ?? 0) * 10 + Int(byte) - 48
      next += 1
      guard let value, value <= Demangler.inputLimit else { throw Refusal() }
    }
    guard let value else { throw Refusal() }
    return value
  }

  /// A number before `_`: none is 0, `0_` is 1.
  mutating func index(base: Int = 10) throws(Refusal) -> Int {
    if take("_") { return 0 }
    var value = 0
    while !take("_") {
      let digit: Int
      switch try take() {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = Int(byte) - 48
      case let byte where base == 36 && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte):
        digit = Int(byte) - 65 + 10
      default: throw Refusal()
      }
      value = value * base + digit
      guard value < Demangler.workLimit else { throw Refusal() }
    }
    return value + 1
  }

  // MARK: Encodings

  mutating func encoding() throws(Refusal) -> Index {
    try enter()
    defer { leave() }
    if let special = try specialName() { return special }
    let outer = templateArguments
    templateArguments = []
    defer { templateArguments = outer }
    let parsed = try parseName(ofEncoding: true)
    guard let byte = peek, byte != UInt8(ascii: "E"), byte != UInt8(ascii: ".") else {
      guard !parsed.qualifiers.isEmpty else { return parsed.node }
      return try make(.suffixed(parsed.node, parsed.qualifiers))
    }
    let result = parsed.hasResult ? try type() : nil
    let parameters = try parameters()
    return try make(
      .encoding(
        name: parsed.node, result: result, parameters: parameters, suffix: parsed.qualifiers))
  }

  /// Types up to the end of the list; a lone `void` is none.
  mutating func parameters() throws(Refusal) -> [Index] {
    if take("v") { return [] }
    var parameters: [Index] = []
    while let byte = peek, byte != UInt8(ascii: "E"), byte != UInt8(ascii: ".") {
      // The qualifiers of a type of function end its list.
      if peek("RE") || peek("OE") { break }
      parameters.append(try type())
    }
    guard !parameters.isEmpty else { throw Refusal() }
    return parameters
  }

  private mutating func specialName() throws(Refusal) -> Index? {
    let kinds = [
      "TV": "vtable for ", "TT": "VTT for ", "TI": "typeinfo for ", "TS": "typeinfo name for ",
    ]
    for (code, text) in kinds where take(code) { return try make(.prefixed(text, try type())) }
    if take("GV") {
      return try make(.prefixed("guard variable for ", try parseName(ofEncoding: false).node))
    }
    if take("Th") {
      try offset()
      return try make(.prefixed("non-virtual thunk to ", try encoding()))
    }
    if take("Tv") {
      try offset()
      try offset()
      return try make(.prefixed("virtual thunk to ", try encoding()))
    }
    if peek("T") || peek("G") { throw Refusal() }
    return nil
  }

  private mutating func offset() throws(Refusal) {
    _ = take("n")
    _ = try number()
    guard take("_") else { throw Refusal() }
  }
}

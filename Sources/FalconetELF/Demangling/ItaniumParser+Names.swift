/// What is known of a name besides its text.
struct ItaniumName {
  var node: ItaniumNode.Index
  /// Of a member function: ` const` and the like.
  var qualifiers = ""
  /// Whether the type that the function returns follows: in instances of templates.
  var hasResult = false
}

extension ItaniumParser {
  mutating func parseName(ofEncoding isOwn: Bool) throws(Refusal) -> ItaniumName {
    try enter()
    defer { leave() }
    if take("N") { return try nestedName(isOwn) }
    if take("Z") { return try localName(isOwn) }
    var isInner = false
    let start: Index
    if peek("S"), !peek("St") {
      start = try substitution()
      isInner = true
    } else {
      let isStandard = take("St")
      let part = try component(of: nil)
      start = isStandard ? try make(.nested(try make(.text("std")), part.node)) : part.node
      guard peek("I") else { return ItaniumName(node: start) }
      _ = remember(start)
    }
    guard peek("I") else {
      guard isInner else { throw Refusal() }
      return ItaniumName(node: start)
    }
    let arguments = try templateArguments(isOwn)
    return ItaniumName(node: try make(.template(start, arguments)), hasResult: true)
  }

  private mutating func nestedName(_ isOwn: Bool) throws(Refusal) -> ItaniumName {
    var result = ItaniumName(node: 0)
    result.qualifiers = qualifiers()
    if take("R") { result.qualifiers += " &" } else if take("O") { result.qualifiers += " &&" }
    var current: Index?
    var isRemembered = false
    while !take("E") {
      result.hasResult = false
      isRemembered = true
      if peek("St") {
        guard current == nil else { throw Refusal() }
        next += 2
        current = try make(.text("std"))
        isRemembered = false
        continue
      }
      if peek("S") {
        guard current == nil else { throw Refusal() }
        current = try substitution()
        isRemembered = false
        continue
      }
      if peek("T") {
        guard current == nil else { throw Refusal() }
        current = remember(try templateParameter())
        continue
      }
      if peek("I") {
        guard let name = current else { throw Refusal() }
        current = remember(try make(.template(name, try templateArguments(isOwn))))
        result.hasResult = true
        continue
      }
      let part = try component(of: current)
      current = remember(
        try current.map { (outer) throws(Refusal) in
          try make(.nested(outer, part.node))
        } ?? part.node)
      if part.hasNoResult, peek("I") {
        current = remember(try make(.template(current ?? 0, try templateArguments(isOwn))))
      }
    }
    guard let current else { throw Refusal() }
    // The whole name is recorded as a type, if it is one.
    if isRemembered { forgetLastSubstitution() }
    result.node = current
    return result
  }

  private mutating func localName(_ isOwn: Bool) throws(Refusal) -> ItaniumName {
    let function = try encoding()
    guard take("E") else { throw Refusal() }
    if take("s") {
      try discriminator()
      return ItaniumName(
        node: try make(.local(function, try make(.text("string literal")))))
    }
    if take("d") { _ = try index() }
    var entity = try parseName(ofEncoding: isOwn)
    try discriminator()
    entity.node = try make(.local(function, entity.node))
    return entity
  }

  private mutating func discriminator() throws(Refusal) {
    guard take("_") else { return }
    if take("_") {
      _ = try number()
      guard take("_") else { throw Refusal() }
    } else {
      _ = try take()
    }
  }

  mutating func qualifiers() -> String {
    var text = ""
    if take("r") { text = " __restrict" }
    if take("V") { text = " volatile" + text }
    if take("K") { text = " const" + text }
    return text
  }

  // MARK: Components

  /// One part of a name. Constructors, destructors and conversions tell no result.
  private mutating func component(
    of outer: Index?
  ) throws(Refusal) -> (node: Index, hasNoResult: Bool) {
    _ = take("L")
    var part: (node: Index, hasNoResult: Bool)
    switch peek {
    case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
      part = (try sourceName(), false)
    case UInt8(ascii: "C")?, UInt8(ascii: "D")?:
      let isDestructor = try take() == UInt8(ascii: "D")
      guard let kind = peek, "0123456789".utf8.contains(kind), let outer else { throw Refusal() }
      next += 1
      let name = try make(.text(try lastName(of: outer)))
      part = (isDestructor ? try make(.prefixed("~", name)) : name, true)
    case UInt8(ascii: "U")?:
      part = (try unnamedType(), false)
    default:
      part = try operatorName()
    }
    while take("B") {
      let tag = try length()
      part.node = try make(
        .suffixed(part.node, "[abi:\(String(decoding: name[tag], as: UTF8.self))]"))
    }
    return part
  }

  private mutating func length() throws(Refusal) -> Range<Int> {
    let length = try number()
    guard length > 0, length <= name.count - next else { throw Refusal() }
    defer { next += length }
    return next..<next + length
  }

  mutating func sourceName() throws(Refusal) -> Index {
    let text = String(decoding: name[try length()], as: UTF8.self)
    return try make(.text(text.hasPrefix("_GLOBAL__N") ? "(anonymous namespace)" : text))
  }

  /// What a class is called inside itself.
  private func lastName(of node: Index) throws(Refusal) -> String {
    var node = node
    for _ in 0..<Demangler.depthLimit {
      switch nodes[node] {
      case .text(let text):
        // Its abbreviation stands for a class of another name.
        return text == "std::string"
          ? "basic_string"
          : text.hasPrefix("std::")
            ? String(text.dropFirst(5)) : text
      case .nested(_, let last), .local(_, let last): node = last
      case .template(let name, _), .suffixed(let name, _): node = name
      default: throw Refusal()
      }
    }
    throw Refusal()
  }

  private mutating func unnamedType() throws(Refusal) -> Index {
    if take("Ut") {
      let number = try index()
      return try make(.text("{unnamed type#\(number + 1)}"))
    }
    guard take("Ul") else { throw Refusal() }
    let parameters = try parameters()
    guard take("E") else { throw Refusal() }
    return try make(.lambda(parameters, try index() + 1))
  }

  private static let operators: [String: String] = [
    "nw": " new", "na": " new[]", "dl": " delete", "da": " delete[]", "aw": " co_await", "ps": "+",
    "ng": "-", "ad": "&", "de": "*", "co": "~", "pl": "+", "mi": "-", "ml": "*", "dv": "/",
    "rm": "%", "an": "&", "or": "|", "eo": "^", "aS": "=", "pL": "+=", "mI": "-=", "mL": "*=",
    "dV": "/=", "rM": "%=", "aN": "&=", "oR": "|=", "eO": "^=", "ls": "<<", "rs": ">>",
    "lS": "<<=", "rS": ">>=", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=",
    "ge": ">=", "ss": "<=>", "nt": "!", "aa": "&&", "oo": "||", "pp": "++", "mm": "--", "cm": ",",
    "pm": "->*", "pt": "->", "cl": "()", "ix": "[]",
  ]

  private mutating func operatorName() throws(Refusal) -> (node: Index, hasNoResult: Bool) {
    guard next + 2 <= name.count else { throw Refusal() }
    let code = String(decoding: name[next..<next + 2], as: UTF8.self)
    next += 2
    if code == "cv" { return (try make(.prefixed("operator ", try type())), true) }
    if code == "li" { return (try make(.prefixed("operator\"\" ", try sourceName())), false) }
    guard let text = Self.operators[code] else { throw Refusal() }
    return (try make(.text("operator" + text)), false)
  }

  // MARK: Templates

  /// The arguments behind `I`. Those of the function itself are what parameters stand for.
  mutating func templateArguments(_ isOwn: Bool) throws(Refusal) -> [Index] {
    guard take("I") else { throw Refusal() }
    let outer = templateArguments
    var arguments: [Index] = []
    if isOwn { templateArguments = [] }
    while !take("E") {
      arguments.append(try templateArgument())
      if isOwn { templateArguments = arguments }
    }
    if !isOwn { templateArguments = outer }
    return arguments
  }

  private mutating func templateArgument() throws(Refusal) -> Index {
    try enter()
    defer { leave() }
    if take("L") { return try literal() }
    guard take("J") else { return try type() }
    var elements: [Index] = []
    while !take("E") { elements.append(try templateArgument()) }
    return try make(.pack(elements))
  }

  mutating func templateParameter() throws(Refusal) -> Index {
    guard take("T") else { throw Refusal() }
    let number = try index()
    guard number < templateArguments.count else { throw Refusal() }
    return templateArguments[number]
  }

  /// A value, behind `L`.
  private mutating func literal() throws(Refusal) -> Index {
    if take("_Z") {
      let function = try encoding()
      guard take("E") else { throw Refusal() }
      return function
    }
    let suffixes = ["i": "", "j": "u", "l": "l", "m": "ul", "x": "ll", "y": "ull"]
    let letter = peek.map { String(Character(Unicode.Scalar($0))) } ?? ""
    let type = try type()
    let sign = take("n") ? "-" : ""
    let start = next
    while let byte = peek, byte != UInt8(ascii: "E") {
      guard "0123456789abcdef".utf8.contains(byte) else { throw Refusal() }
      next += 1
    }
    let digits = String(decoding: name[start..<next], as: UTF8.self)
    guard take("E") else { throw Refusal() }
    if letter == "b", digits == "0" || digits == "1" {
      return try make(.text(digits == "1" ? "true" : "false"))
    }
    if let suffix = suffixes[letter] { return try make(.text(sign + digits + suffix)) }
    let cast = try make(.text("("))
    return try make(.suffixed(try make(.nested(cast, type)), ")" + sign + digits))
  }
}

extension ItaniumParser {
  private static let builtins: [UInt8: String] = [
    UInt8(ascii: "v"): "void", UInt8(ascii: "w"): "wchar_t", UInt8(ascii: "b"): "bool",
    UInt8(ascii: "c"): "char", UInt8(ascii: "a"): "signed char", UInt8(ascii: "h"): "unsigned char",
    UInt8(ascii: "s"): "short", UInt8(ascii: "t"): "unsigned short", UInt8(ascii: "i"): "int",
    UInt8(ascii: "j"): "unsigned int", UInt8(ascii: "l"): "long",
    UInt8(ascii: "m"): "unsigned long", UInt8(ascii: "x"): "long long",
    UInt8(ascii: "y"): "unsigned long long", UInt8(ascii: "n"): "__int128",
    UInt8(ascii: "o"): "unsigned __int128", UInt8(ascii: "f"): "float", UInt8(ascii: "d"): "double",
    UInt8(ascii: "e"): "long double", UInt8(ascii: "g"): "__float128", UInt8(ascii: "z"): "...",
  ]

  private static let longBuiltins: [UInt8: String] = [
    UInt8(ascii: "n"): "decltype(nullptr)", UInt8(ascii: "i"): "char32_t",
    UInt8(ascii: "s"): "char16_t", UInt8(ascii: "u"): "char8_t", UInt8(ascii: "a"): "auto",
    UInt8(ascii: "c"): "decltype(auto)", UInt8(ascii: "h"): "half",
  ]

  mutating func type() throws(Refusal) -> Index {
    try enter()
    defer { leave() }
    guard let letter = peek else { throw Refusal() }
    if let builtin = Self.builtins[letter] {
      next += 1
      return try make(.text(builtin))
    }
    switch letter {
    case UInt8(ascii: "r"), UInt8(ascii: "V"), UInt8(ascii: "K"):
      let text = qualifiers()
      return remember(try make(.qualified(try type(), text)))
    case UInt8(ascii: "P"): return try pointer("*")
    case UInt8(ascii: "R"): return try pointer("&")
    case UInt8(ascii: "O"): return try pointer("&&")
    case UInt8(ascii: "F"): return remember(try functionType())
    case UInt8(ascii: "A"): return remember(try arrayType())
    case UInt8(ascii: "M"):
      next += 1
      let owner = try type()
      return remember(try make(.memberPointer(owner, try type())))
    case UInt8(ascii: "D"): return try longType()
    case UInt8(ascii: "u"):
      next += 1
      return remember(try sourceName())
    case UInt8(ascii: "T"):
      let parameter = remember(try templateParameter())
      return try applied(parameter)
    case UInt8(ascii: "S"):
      if peek("St") { return remember(try parseName(ofEncoding: false).node) }
      return try applied(try substitution())
    default:
      return remember(try parseName(ofEncoding: false).node)
    }
  }

  /// A template that a parameter or a substitution stands for, with its arguments if there are some.
  private mutating func applied(_ name: Index) throws(Refusal) -> Index {
    guard peek("I") else { return name }
    return remember(try make(.template(name, try templateArguments(false))))
  }

  private mutating func pointer(_ text: String) throws(Refusal) -> Index {
    next += 1
    return remember(try make(.pointer(try type(), text)))
  }

  private mutating func functionType() throws(Refusal) -> Index {
    guard take("F") else { throw Refusal() }
    _ = take("Y")
    let result = try type()
    let parameters = try parameters()
    let suffix = take("R") ? " &" : take("O") ? " &&" : ""
    guard take("E") else { throw Refusal() }
    return try make(.function(result, parameters, suffix))
  }

  private mutating func arrayType() throws(Refusal) -> Index {
    guard take("A") else { throw Refusal() }
    let dimension = peek("_") ? "" : String(try number())
    guard take("_") else { throw Refusal() }
    return try make(.array(try type(), dimension))
  }

  private mutating func longType() throws(Refusal) -> Index {
    next += 1
    let letter = try take()
    if let builtin = Self.longBuiltins[letter] { return try make(.text(builtin)) }
    switch letter {
    case UInt8(ascii: "p"):
      return remember(try make(.expansion(try type())))
    case UInt8(ascii: "o"):
      guard peek("F") else { throw Refusal() }
      guard case .function(let result, let parameters, let suffix) = nodes[try functionType()]
      else { throw Refusal() }
      return remember(try make(.function(result, parameters, suffix + " noexcept")))
    default: throw Refusal()
    }
  }

  private static let abbreviations: [UInt8: String] = [
    UInt8(ascii: "a"): "std::allocator", UInt8(ascii: "b"): "std::basic_string",
    UInt8(ascii: "s"): "std::string", UInt8(ascii: "i"): "std::istream",
    UInt8(ascii: "o"): "std::ostream", UInt8(ascii: "d"): "std::iostream",
  ]

  /// What was named before, or one of the standard library's classes.
  mutating func substitution() throws(Refusal) -> Index {
    guard take("S") else { throw Refusal() }
    if let letter = peek, let text = Self.abbreviations[letter] {
      next += 1
      return try make(.text(text))
    }
    let number = try index(base: 36)
    guard number < substitutions.count else { throw Refusal() }
    return substitutions[number]
  }
}

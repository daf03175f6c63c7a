/// Rust's names of today (RFC 2603). Back references are read again where they are met, so the work is
/// counted; a name that takes too much is not demangled.
struct RustV0 {
  /// Why parsing ends early.
  private struct Refusal: Error {}

  private let name: [UInt8]
  private var next = 2
  private var output: [UInt8] = []
  /// Parts are parsed, but not shown, while this is not 0.
  private var silence = 0
  private var depth = 0
  private var work = 0
  private var boundLifetimes: UInt64 = 0

  init(_ name: [UInt8]) { self.name = name }

  /// The name in the source, or nil if it is not understood.
  var demangled: String? {
    mutating get {
      do {
        try path(isValue: true)
        // The crate that made an instance, which nobody asks for.
        if let byte = peek, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
          silence += 1
          try path(isValue: false)
          silence -= 1
        }
        guard next == name.count || name[next] == UInt8(ascii: ".") else { return nil }
        return String(decoding: output, as: UTF8.self)
      } catch { return nil }
    }
  }

  // MARK: Reading

  private var peek: UInt8? { next < name.count ? name[next] : nil }

  private mutating func take() throws(Refusal) -> UInt8 {
    guard let byte = peek else { throw Refusal() }
    next += 1
    return byte
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek == character.asciiValue else { return false }
    next += 1
    return true
  }

  private mutating func show(_ text: String) throws(Refusal) {
    guard silence == 0 else { return }
    output += Array(text.utf8)
    guard output.count <= Demangler.outputLimit else { throw Refusal() }
  }

  /// Counts a part, and how deep it lies.
  private mutating func enter() throws(Refusal) {
    depth += 1
    work += 1
    guard depth <= Demangler.depthLimit, work <= Demangler.workLimit else { throw Refusal() }
  }

  /// A number in base 62 that ends in `_`: none is 0, `0_` is 1.
  private mutating func base62() throws(Refusal) -> UInt64 {
    if take("_") { return 0 }
    var value: UInt64 = 0
    while !take("_") {
      let digit: UInt64
      switch try take() {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = UInt64(byte) - 48
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte):
        digit = UInt64(byte) - 97 + 10
      case let byte where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte):
        digit = UInt64(byte) - 65 + 36
      default: throw Refusal()
      }
      let (product, overflows) = value.multipliedReportingOverflow(by: 62)
      let (sum, carries) = product.addingReportingOverflow(digit)
      guard !overflows, !carries else { throw Refusal() }
      value = sum
    }
    guard value < .max else { throw Refusal() }
    return value + 1
  }

  /// A number that is there only behind its letter: 0 without it.
  private mutating func optionalBase62(_ letter: Character) throws(Refusal) -> UInt64 {
    guard take(letter) else { return 0 }
    let value = try base62()
    guard value < .max else { throw Refusal() }
    return value + 1
  }

  private mutating func identifier() throws(Refusal) -> (name: String, disambiguator: UInt64) {
    let disambiguator = try optionalBase62("s")
    let isPunycode = take("u")
    var length = 0
    guard let first = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      throw Refusal()
    }
    next += 1
    length = Int(first) - 48
    while length > 0, let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      length = length * 10 + Int(byte) - 48
      next += 1
      guard length <= name.count else { throw Refusal() }
    }
    _ = take("_")
    guard length <= name.count - next else { throw Refusal() }
    let bytes = name[next..<next + length]
    next += length
    guard isPunycode else { return (String(decoding: bytes, as: UTF8.self), disambiguator) }
    guard let decoded = Punycode.decode(bytes) else { throw Refusal() }
    return (decoded, disambiguator)
  }

  /// Parses what an earlier place holds.
  private mutating func backReference(
    _ body: (inout RustV0) throws(Refusal) -> Void
  ) throws(Refusal) {
    let here = next - 1
    let target = try base62()
    guard target < UInt64(here) - 2 else { throw Refusal() }
    // Nothing is shown, so nothing has to be read.
    guard silence == 0 else { return }
    let after = next
    next = Int(target) + 2
    try body(&self)
    next = after
  }

  /// Shows elements with commas up to `E`. Returns how many there are.
  private mutating func list(
    _ body: (inout RustV0) throws(Refusal) -> Void
  ) throws(Refusal) -> Int {
    var count = 0
    while !take("E") {
      if count > 0 { try show(", ") }
      try body(&self)
      count += 1
    }
    return count
  }

  // MARK: Paths

  private mutating func path(isValue: Bool) throws(Refusal) {
    try enter()
    defer { depth -= 1 }
    switch try take() {
    case UInt8(ascii: "C"): try show(try identifier().name)
    case UInt8(ascii: "N"): try nested(isValue: isValue)
    case UInt8(ascii: "M"):
      try implementation()
      try show("<")
      try type()
      try show(">")
    case UInt8(ascii: "X"):
      try implementation()
      try traitPath()
    case UInt8(ascii: "Y"): try traitPath()
    case UInt8(ascii: "I"):
      try path(isValue: isValue)
      if isValue { try show("::") }
      try show("<")
      _ = try list { (parser) throws(Refusal) in try parser.genericArgument() }
      try show(">")
    case UInt8(ascii: "B"):
      try backReference { (parser) throws(Refusal) in try parser.path(isValue: isValue) }
    default: throw Refusal()
    }
  }

  /// Where an implementation stands, which is not shown.
  private mutating func implementation() throws(Refusal) {
    _ = try optionalBase62("s")
    silence += 1
    try path(isValue: false)
    silence -= 1
  }

  private mutating func traitPath() throws(Refusal) {
    try show("<")
    try type()
    try show(" as ")
    try path(isValue: false)
    try show(">")
  }

  private mutating func nested(isValue: Bool) throws(Refusal) {
    let namespace = try take()
    try path(isValue: isValue)
    let (name, disambiguator) = try identifier()
    switch namespace {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"):
      let kind =
        switch namespace {
        case UInt8(ascii: "C"): "closure"
        case UInt8(ascii: "S"): "shim"
        default: String(Character(Unicode.Scalar(namespace)))
        }
      try show("::{\(kind)" + (name.isEmpty ? "" : ":\(name)") + "#\(disambiguator)}")
    case UInt8(ascii: "a")...UInt8(ascii: "z"):
      if !name.isEmpty { try show("::" + name) }
    default: throw Refusal()
    }
  }

  private mutating func genericArgument() throws(Refusal) {
    if take("L") {
      try lifetime(try base62())
    } else if take("K") {
      try constant()
    } else {
      try type()
    }
  }

  private mutating func lifetime(_ index: UInt64) throws(Refusal) {
    guard index > 0 else { return try show("'_") }
    guard index <= boundLifetimes else { throw Refusal() }
    let place = boundLifetimes - index
    if place < 26 {
      try show("'" + String(Character(Unicode.Scalar(UInt8(97 + place)))))
    } else {
      try show("'_\(place)")
    }
  }

  /// Lifetimes that a type of function or trait binds, around it.
  private mutating func binder(
    _ body: (inout RustV0) throws(Refusal) -> Void
  ) throws(Refusal) {
    let count = try optionalBase62("G")
    guard count <= 64 else { throw Refusal() }
    let outer = boundLifetimes
    if count > 0 {
      try show("for<")
      for index in 0..<count {
        boundLifetimes += 1
        if index > 0 { try show(", ") }
        try lifetime(1)
      }
      try show("> ")
    }
    try body(&self)
    boundLifetimes = outer
  }

  // MARK: Types

  private static let basicTypes: [UInt8: String] = [
    UInt8(ascii: "a"): "i8", UInt8(ascii: "b"): "bool", UInt8(ascii: "c"): "char",
    UInt8(ascii: "d"): "f64", UInt8(ascii: "e"): "str", UInt8(ascii: "f"): "f32",
    UInt8(ascii: "h"): "u8", UInt8(ascii: "i"): "isize", UInt8(ascii: "j"): "usize",
    UInt8(ascii: "l"): "i32", UInt8(ascii: "m"): "u32", UInt8(ascii: "n"): "i128",
    UInt8(ascii: "o"): "u128", UInt8(ascii: "p"): "_", UInt8(ascii: "s"): "i16",
    UInt8(ascii: "t"): "u16", UInt8(ascii: "u"): "()", UInt8(ascii: "v"): "...",
    UInt8(ascii: "x"): "i64", UInt8(ascii: "y"): "u64", UInt8(ascii: "z"): "!",
  ]

  private mutating func type() throws(Refusal) {
    try enter()
    defer { depth -= 1 }
    let letter = try take()
    if let basic = Self.basicTypes[letter] { return try show(basic) }
    switch letter {
    case UInt8(ascii: "R"), UInt8(ascii: "Q"):
      try show("&")
      if take("L") {
        let index = try base62()
        if index > 0 {
          try lifetime(index)
          try show(" ")
        }
      }
      if letter == UInt8(ascii: "Q") { try show("mut ") }
      try type()
    case UInt8(ascii: "P"):
      try show("*const ")
      try type()
    case UInt8(ascii: "O"):
      try show("*mut ")
      try type()
    case UInt8(ascii: "A"):
      try show("[")
      try type()
      try show("; ")
      try constant()
      try show("]")
    case UInt8(ascii: "S"):
      try show("[")
      try type()
      try show("]")
    case UInt8(ascii: "T"):
      try show("(")
      let count = try list { (parser) throws(Refusal) in try parser.type() }
      try show(count == 1 ? ",)" : ")")
    case UInt8(ascii: "F"):
      try binder { (parser) throws(Refusal) in try parser.functionType() }
    case UInt8(ascii: "D"):
      try dynamicType()
    case UInt8(ascii: "B"):
      try backReference { (parser) throws(Refusal) in try parser.type() }
    default:
      next -= 1
      try path(isValue: false)
    }
  }

  private mutating func functionType() throws(Refusal) {
    if take("U") { try show("unsafe ") }
    if take("K") {
      if take("C") {
        try show("extern \"C\" ")
      } else {
        let name = try identifier().name
        try show("extern \"" + String(name.map { $0 == "_" ? "-" : $0 }) + "\" ")
      }
    }
    try show("fn(")
    _ = try list { (parser) throws(Refusal) in try parser.type() }
    try show(")")
    if !take("u") {
      try show(" -> ")
      try type()
    }
  }

  private mutating func dynamicType() throws(Refusal) {
    try show("dyn ")
    try binder { (parser) throws(Refusal) in
      var isFirst = true
      while !parser.take("E") {
        if !isFirst { try parser.show(" + ") }
        isFirst = false
        try parser.dynamicTrait()
      }
    }
    guard take("L") else { throw Refusal() }
    let index = try base62()
    if index > 0 {
      try show(" + ")
      try lifetime(index)
    }
  }

  /// A trait with the types that it is bound to, in one pair of brackets with its arguments.
  private mutating func dynamicTrait() throws(Refusal) {
    var isOpen = try openPath()
    while take("p") {
      try show(isOpen ? ", " : "<")
      isOpen = true
      try show(try identifier().name + " = ")
      try type()
    }
    if isOpen { try show(">") }
  }

  /// A path whose last bracket is left open. Returns whether there is one.
  private mutating func openPath() throws(Refusal) -> Bool {
    try enter()
    defer { depth -= 1 }
    if take("B") {
      var isOpen = false
      try backReference { (parser) throws(Refusal) in isOpen = try parser.openPath() }
      return isOpen
    }
    guard take("I") else {
      try path(isValue: false)
      return false
    }
    try path(isValue: false)
    try show("<")
    _ = try list { (parser) throws(Refusal) in try parser.genericArgument() }
    return true
  }

  private mutating func constant() throws(Refusal) {
    try enter()
    defer { depth -= 1 }
    if take("B") {
      return try backReference { (parser) throws(Refusal) in try parser.constant() }
    }
    let type = try take()
    if type == UInt8(ascii: "p") { return try show("_") }
    let isSigned = "ailnsx".utf8.contains(type)
    guard isSigned || "hjmotybc".utf8.contains(type) else { throw Refusal() }
    let isNegative = isSigned && take("n")
    var digits: [UInt8] = []
    while !take("_") {
      let digit = try take()
      guard "0123456789abcdef".utf8.contains(digit) else { throw Refusal() }
      digits.append(digit)
    }
    let text = String(decoding: digits, as: UTF8.self)
    switch type {
    case UInt8(ascii: "b"):
      guard text == "0" || text == "1" else { throw Refusal() }
      try show(text == "1" ? "true" : "false")
    case UInt8(ascii: "c"):
      guard let code = UInt32(text, radix: 16), let scalar = Unicode.Scalar(code) else {
        throw Refusal()
      }
      try show("'" + scalar.escaped(asASCII: false) + "'")
    default:
      let number = UInt64(text.isEmpty ? "0" : text, radix: 16).map { String($0) } ?? "0x" + text
      try show((isNegative ? "-" : "") + number)
    }
  }
}

/// Generic arguments: lifetimes and constants; types are in a file of their own.
extension RustV0 {
  mutating func genericArgument() throws(Refusal) {
    if take("L") {
      try lifetime(try base62())
    } else if take("K") {
      try constant()
    } else {
      try type()
    }
  }

  mutating func lifetime(_ index: UInt64) throws(Refusal) {
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
  mutating func binder(
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

  mutating func constant() throws(Refusal) {
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

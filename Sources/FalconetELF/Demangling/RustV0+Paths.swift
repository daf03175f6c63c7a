/// Paths: what the parts of a name are parts of.
extension RustV0 {
  mutating func path(isValue: Bool) throws(Refusal) {
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
  mutating func implementation() throws(Refusal) {
    _ = try optionalBase62("s")
    silence += 1
    try path(isValue: false)
    silence -= 1
  }

  mutating func traitPath() throws(Refusal) {
    try show("<")
    try type()
    try show(" as ")
    try path(isValue: false)
    try show(">")
  }

  mutating func nested(isValue: Bool) throws(Refusal) {
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
}

extension RustV0 {
  private static let basicTypes: [UInt8: String] = [
    UInt8(ascii: "a"): "i8", UInt8(ascii: "b"): "bool", UInt8(ascii: "c"): "char",
    UInt8(ascii: "d"): "f64", UInt8(ascii: "e"): "str", UInt8(ascii: "f"): "f32",
    UInt8(ascii: "h"): "u8", UInt8(ascii: "i"): "isize", UInt8(ascii: "j"): "usize",
    UInt8(ascii: "l"): "i32", UInt8(ascii: "m"): "u32", UInt8(ascii: "n"): "i128",
    UInt8(ascii: "o"): "u128", UInt8(ascii: "p"): "_", UInt8(ascii: "s"): "i16",
    UInt8(ascii: "t"): "u16", UInt8(ascii: "u"): "()", UInt8(ascii: "v"): "...",
    UInt8(ascii: "x"): "i64", UInt8(ascii: "y"): "u64", UInt8(ascii: "z"): "!",
  ]

  mutating func type() throws(Refusal) {
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

  mutating func functionType() throws(Refusal) {
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

  mutating func dynamicType() throws(Refusal) {
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
  mutating func dynamicTrait() throws(Refusal) {
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
  mutating func openPath() throws(Refusal) -> Bool {
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
}

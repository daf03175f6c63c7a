/// Rust's names of today (RFC 2603). Back references are read again when they are met, so the work is
/// counted; a name that takes too much is not demangled.
struct RustV0 {
  /// Why parsing ends early.
  struct Refusal: Error {}

  private let name: [UInt8]
  var next = 2
  private var output: [UInt8] = []
  /// Parts are parsed, but not shown, while this is not 0.
  var silence = 0
  var depth = 0
  private var work = 0
  var boundLifetimes: UInt64 = 0

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

  var peek: UInt8? { next < name.count ? name[next] : nil }

  mutating func take() throws(Refusal) -> UInt8 {
    guard let byte = peek else { throw Refusal() }
    next += 1
    return byte
  }

  mutating func take(_ character: Character) -> Bool {
    guard peek == character.asciiValue else { return false }
    next += 1
    return true
  }

  mutating func show(_ text: String) throws(Refusal) {
    guard silence == 0 else { return }
    output += Array(text.utf8)
    guard output.count <= Demangler.outputLimit else { throw Refusal() }
  }

  /// Counts a part, and how deep it lies.
  mutating func enter() throws(Refusal) {
    depth += 1
    work += 1
    guard depth <= Demangler.depthLimit, work <= Demangler.workLimit else { throw Refusal() }
  }

  /// A number in base 62 that ends in `_`: none is 0, `0_` is 1.
  mutating func base62() throws(Refusal) -> UInt64 {
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
  mutating func optionalBase62(_ letter: Character) throws(Refusal) -> UInt64 {
    guard take(letter) else { return 0 }
    let value = try base62()
    guard value < .max else { throw Refusal() }
    return value + 1
  }

  mutating func identifier() throws(Refusal) -> (name: String, disambiguator: UInt64) {
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
  mutating func backReference(
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
  mutating func list(
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
}

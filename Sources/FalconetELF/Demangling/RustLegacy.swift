/// Rust's names of before 2025: those of C++, with escapes, and a hash as the last part.
enum RustLegacy {
  private static let escapes: [String: UInt8] = [
    "SP": UInt8(ascii: "@"), "BP": UInt8(ascii: "*"), "RF": UInt8(ascii: "&"),
    "LT": UInt8(ascii: "<"), "GT": UInt8(ascii: ">"), "LP": UInt8(ascii: "("),
    "RP": UInt8(ascii: ")"), "C": UInt8(ascii: ","),
  ]

  /// The name, or nil if it is not one of Rust's.
  static func demangle(_ name: [UInt8]) -> String? {
    guard name.starts(with: Array("_ZN".utf8)) else { return nil }
    var parts: [ArraySlice<UInt8>] = []
    var next = 3
    while next < name.count, name[next] != UInt8(ascii: "E") {
      var length = 0
      while next < name.count, let digit = digit(name[next]), length < name.count {
        length = length * 10 + digit
        next += 1
      }
      guard length > 0, length <= name.count - next else { return nil }
      parts.append(name[next..<next + length])
      next += length
    }
    // Behind the end there may be a suffix of LLVM's.
    guard next < name.count, next + 1 == name.count || name[next + 1] == UInt8(ascii: "."),
      let hash = parts.popLast(), isHash(hash), !parts.isEmpty
    else { return nil }
    var text: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if index > 0 { text += Array("::".utf8) }
      append(part, to: &text)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte) - 48 : nil
  }

  private static func isHash(_ part: ArraySlice<UInt8>) -> Bool {
    part.count == 17 && part.first == UInt8(ascii: "h")
      && part.dropFirst().allSatisfy {
        digit($0) != nil || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  private static func append(_ part: ArraySlice<UInt8>, to text: inout [UInt8]) {
    let (dollar, dot) = (UInt8(ascii: "$"), UInt8(ascii: "."))
    var rest = part
    // A part that would begin with an escape has an underscore in front.
    if rest.starts(with: Array("_$".utf8)) { rest = rest.dropFirst() }
    while let byte = rest.first {
      if byte == dot, rest.dropFirst().first == dot {
        text += Array("::".utf8)
        rest = rest.dropFirst(2)
      } else if byte == dollar, let end = rest.dropFirst().firstIndex(of: dollar),
        let bytes = escape(String(decoding: rest[rest.startIndex + 1..<end], as: UTF8.self))
      {
        text += bytes
        rest = rest[(end + 1)...]
      } else {
        text.append(byte)
        rest = rest.dropFirst()
      }
    }
  }

  private static func escape(_ name: String) -> [UInt8]? {
    if let byte = escapes[name] { return [byte] }
    guard name.hasPrefix("u"), name.utf8.count <= 7, let code = UInt32(name.dropFirst(), radix: 16),
      let scalar = Unicode.Scalar(code)
    else { return nil }
    return Array(String(Character(scalar)).utf8)
  }
}

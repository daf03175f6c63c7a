import Testing

@testable import FalconetServer

struct JSONTests {
  @Test("Values come back as they were, whole numbers exactly")
  func roundTrip() throws {
    let value = JSON.object([
      "a": .array([.count(UInt64.max), .number(-1.5), .null, .bool(true), .bool(false)]),
      "text \"\\\u{1}é😀": .string("\n\t\u{7f}"), "empty": .object([]), "none": .array([]),
    ])
    #expect(try JSON(parsing: value.bytes) == value)
    #expect(
      try JSON(parsing: Array(#" {"a" : "\u00e9\ud83d\ude00\/"} "#.utf8))
        == .object(["a": .string("é😀/")]))
    #expect(try JSON(parsing: Array("[0,-0,1e3]".utf8)).text == "[0,0,1000]")
  }

  @Test(
    "What is no JSON is refused",
    arguments: [
      "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", ".5", "-", "1e", "nul",
      "\"",
      "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\n\"", "[1] 2", "{1:2}", "+1", "1e999",
      "\"\\u12g4\"",
      "-01", "1.e5",
    ])
  func faults(text: String) {
    #expect(throws: JSONFault.self) { try JSON(parsing: Array(text.utf8)) }
  }

  @Test("Depth is bounded, and bytes must be UTF-8")
  func bounds() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONFault.self) { try JSON(parsing: deep) }
    #expect(throws: JSONFault.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
  }
}

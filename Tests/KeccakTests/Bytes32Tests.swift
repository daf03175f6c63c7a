import Keccak
import Testing

@Suite("Thirty-two bytes")
struct Bytes32Tests {
  private static let text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

  @Test("Hexadecimal, with and without 0x, of either case")
  func hexadecimal() throws {
    let value = try #require(Bytes32(hex: Self.text))
    #expect(value.bytes == Array(0...30) + [0xFF])
    #expect(Bytes32(hex: "0x" + Self.text) == value)
    #expect(Bytes32(hex: Self.text.uppercased()) == value)
    #expect(value.description == "0x" + Self.text)
  }

  private static let wrong: [String] = [
    "", "0x", "\(text.dropLast(1))", "\(text)0", "\(text.dropLast(1))g", "\(text.dropLast(1)) ",
    "\(text.dropLast(1))é", "\(text.dropLast(2))é", "0x0x\(text.dropLast(4))",
    "1x\(text.dropFirst(2))", "+\(text.dropFirst(1))", "0X\(text)",
  ]

  @Test("What is no hexadecimal of 32 bytes is refused", arguments: wrong)
  func refused(_ text: String) {
    #expect(Bytes32(hex: text) == nil)
  }

  @Test("Collections of another length are refused", arguments: [0, 31, 33])
  func lengths(_ count: Int) {
    #expect(Bytes32([UInt8](repeating: 0, count: count)) == nil)
  }

  @Test("Bytes are read and written by index, and ordered from the first on")
  func bytes() {
    var value = Bytes32()
    #expect(value.bytes == [UInt8](repeating: 0, count: 32))
    for index in 0..<32 { value[index] = UInt8(index + 100) }
    #expect(value.bytes == Array(100...131))
    var (first, last) = (Bytes32(), Bytes32())
    first[0] = 1
    last[31] = 255
    #expect(last < first)
    #expect(!(first < first))
    #expect(first != last)
  }
}

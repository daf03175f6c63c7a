import FalconetStreams
import FalconetTestSupport
import Testing

@Suite struct HexTests {
  @Test func `hexadecimal text is lower case, with 0x on request`() {
    #expect(Hex.encode([]) == "")
    #expect(Hex.encode([0x00, 0xAB, 0xFF]) == "00abff")
    #expect(Hex.encode([0x0A], prefix: true) == "0x0a")
    #expect(Hex.encode([], prefix: true) == "0x")
  }

  @Test(
    arguments: [
      ("", []), ("0x", []), ("00", [0]), ("0xAbCd", [0xAB, 0xCD]), ("0Xff", [0xFF]),
    ] as [(String, [UInt8])])
  func `digits of both cases are read, with 0x or without`(text: String, bytes: [UInt8]) {
    #expect(Hex.decode(text) == bytes)
  }

  @Test(arguments: ["0", "0x0", "x0", "0xg0", "00 ", " 00", "0x0x00", "\u{ff11}0", "00\n"])
  func `what is no hexadecimal text is refused`(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test func `each pair of bytes is what its digits are, or refused`() {
    func value(_ byte: UInt8) -> UInt8? {
      Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
    for high in UInt8.min...UInt8.max {
      #expect(Hex.value(of: high) == value(high))
      for low in UInt8.min...UInt8.max {
        let expected = value(high).flatMap { first in
          value(low).map { second in [first << 4 | second] }
        }
        #expect(Hex.decode(digits: [0x30, high, low, 0x31][1..<3]) == expected)
      }
    }
    #expect(Hex.decode(digits: [0x30, 0x31, 0x32]) == nil)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `base64 gives the examples of RFC 4648`(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
    #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
  }

  @Test func `base64 may be broken into lines`() {
    #expect(Base64.decode(Array("Zm9v\r\nYmE\n=\n".utf8)) == Array("fooba".utf8))
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "=", "====", "Zg==Zg==", "Z=g=", "Zm 9", "Zm9-",
    "Zh==", "Zm9=", "Zm9v=",
  ])
  func `what is no canonical base64 is refused`(text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }

  @Test func `random bytes make the round trip`() throws {
    var generator = SeededGenerator(seed: 9)
    for count in 0..<300 {
      let bytes = generator.mixedBytes(count)
      #expect(Hex.decode(Hex.encode(bytes)) == bytes)
      #expect(Hex.decode(Hex.encode(bytes, prefix: true)) == bytes)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }
}

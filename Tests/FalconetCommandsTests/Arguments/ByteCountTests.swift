import FalconetCommands
import Testing

@Suite("Numbers of bytes on the command line")
struct ByteCountTests {
  @Test("A number and a unit")
  func parsing() {
    let texts: [(String, UInt64)] = [
      ("0", 0), ("65536", 65536), ("64KiB", 65536), ("3MiB", 3 << 20), ("8GiB", 8 << 30),
      ("1TiB", 1 << 40), ("18446744073709551615", .max), ("7B", 7), ("2K", 2048), ("3M", 3 << 20),
      ("4G", 4 << 30), ("5T", 5 << 40),
    ]
    for (text, bytes) in texts { #expect(ByteCount(argument: text)?.bytes == bytes) }
    for text in [
      "", "-1", "+1", "GiB", "8GB", "8 GiB", "17179869184GiB", "1.5GiB", "٤GiB", "K", "1KB",
      "1kib",
    ] {
      #expect(ByteCount(argument: text) == nil, "\(text)")
    }
    #expect(ByteCount(8 << 30).defaultValueDescription == "8GiB")
    #expect(ByteCount(1000).defaultValueDescription == "1000")
  }
}

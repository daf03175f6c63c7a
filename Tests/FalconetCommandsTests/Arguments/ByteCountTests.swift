import FalconetCommands
import Testing

@Suite("Numbers of bytes on the command line")
struct ByteCountTests {
  @Test("A number and a unit")
  func parsing() {
    let texts: [(String, UInt64)] = [
      ("0", 0), ("65536", 65536), ("64KiB", 65536), ("3MiB", 3 << 20), ("8GiB", 8 << 30),
      ("1TiB", 1 << 40), ("18446744073709551615", .max), ("7B", 7), ("2K", 2048), ("3M", 3 << 20),
      ("4G", 4 << 30), ("5T", 5 << 40), ("1kib", 1024), ("6g", 6 << 30), ("8GB", 8_000_000_000),
      ("1kB", 1000), ("2mb", 2_000_000), ("3TB", 3_000_000_000_000),
    ]
    for (text, bytes) in texts { #expect(ByteCount(argument: text)?.bytes == bytes) }
    for text in [
      "", "-1", "+1", "GiB", "8 GiB", "17179869184GiB", "1.5GiB", "٤GiB", "K", "1PiB", "1KiBs",
    ] {
      #expect(ByteCount(argument: text) == nil, "\(text)")
    }
    #expect(ByteCount(8 << 30).defaultValueDescription == "8GiB")
    #expect(ByteCount(1000).defaultValueDescription == "1000")
    #expect(ByteCount(0).defaultValueDescription == "0")
  }

  @Test("A budget without a unit is in MiB")
  func budgets() {
    let texts: [(String, UInt64)] = [
      ("0", 0), ("512", 512 << 20), ("10GiB", 10 << 30), ("7B", 7), ("1G", 1 << 30),
      ("18446744073709551615", .max),
    ]
    for (text, bytes) in texts { #expect(BudgetSize(argument: text)?.bytes == bytes) }
    for text in ["", "-1", "GiB", "10 GiB"] { #expect(BudgetSize(argument: text) == nil) }
    #expect(BudgetSize(16 << 30).defaultValueDescription == "16GiB")
  }

  @Test("A size that Cannon takes too is read as Go reads numbers, or has a unit")
  func goNumbers() {
    let texts: [(String, UInt64)] = [("100", 100), ("0x10", 16), ("010", 8), ("4KiB", 4096)]
    for (text, bytes) in texts { #expect(GoByteCount(argument: text)?.bytes == bytes) }
    for text in ["", "-1", "KiB", "0x"] { #expect(GoByteCount(argument: text) == nil, "\(text)") }
  }
}

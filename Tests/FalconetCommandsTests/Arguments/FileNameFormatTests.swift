import FalconetCommands
import Testing

@Suite("File names with the step in them")
struct FileNameFormatTests {
  @Test(
    "Numbers as Go's Sprintf writes them",
    arguments: [
      ("proof-%d.json", "proof-1234.json"), ("%d", "1234"),
      ("D/proofs/%d.json.gz", "D/proofs/1234.json.gz"),
      ("%x.bin", "4d2.bin"), ("%08d", "00001234"), ("%8d|", "    1234|"), ("%08x", "000004d2"),
      ("%2d", "1234"), ("100%%-%d", "100%-1234"), ("%%d", "%d"), ("é-%d-😀", "é-1234-😀"),
    ])
  func names(_ format: String, _ name: String) throws {
    #expect(try FileNameFormat(format).name(step: 1234) == name)
  }

  @Test("The largest step, and a format without a number")
  func extremes() throws {
    #expect(try FileNameFormat("%d.bin").name(step: .max) == "18446744073709551615.bin")
    #expect(try FileNameFormat("a.bin").name(step: 7) == "a.bin")
    #expect(try FileNameFormat("").name(step: 7) == "")
    #expect(try FileNameFormat("a-%d").hasNumber)
    #expect(try !FileNameFormat("a-%%").hasNumber)
  }

  @Test(
    "What would not give one clear name for each step is refused",
    arguments: [
      "%d-%d", "%d%x", "%s", "%v", "%", "a%", "%5", "%-5d", "%+d", "%D", "%5%", "% d",
    ])
  func refused(_ format: String) {
    #expect(throws: UsageError.self) { try FileNameFormat(format) }
  }

  @Test(
    "The step of a name",
    arguments: [
      ("a-%d.bin", "a-1234.bin", 1234), ("%x", "4d2", 1234), ("%08d", "00001234", 1234),
      ("%8d", "    1234", 1234), ("a-%d.bin", "a-18446744073709551615.bin", UInt64.max),
      ("a-%d.bin", "a-+4.bin", nil), ("a-%d.bin", "a-04.bin", nil), ("%x", "4D2", nil),
      ("a-%d.bin", "a-.bin", nil), ("a-%d.bin", "b-4.bin", nil), ("a.bin", "a.bin", nil),
      ("a-%d.bin", "a-18446744073709551616.bin", nil), ("%d%%", "4%", 4),
    ] as [(String, String, UInt64?)])
  func steps(_ format: String, _ name: String, _ step: UInt64?) throws {
    #expect(try FileNameFormat(format).step(of: name) == step)
  }

  @Test("A width is honored up to the longest name of a file, and refused beyond")
  func width() throws {
    #expect(try FileNameFormat("%100d").name(step: 1).count == 100)
    #expect(try FileNameFormat("%0255d").name(step: 1).count == 255)
    #expect(try FileNameFormat("%0000d").name(step: 1) == "1")
    for format in ["%256d", "%0256x", "%99999999d", "%99999999999999999999999d"] {
      #expect(throws: UsageError.self) { try FileNameFormat(format) }
    }
  }
}

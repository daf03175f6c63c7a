import FalconetELF
import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// Odd files are read or refused as Cannon, which reads them with Go's `debug/elf`, does.
///
/// What Go says is recorded in `OddELFVerdicts`: with FALCONET_GO, FALCONET_RECORD_ELF_VERDICTS names a
/// file to write it to.
@Suite struct OddELFTests {
  /// What the Go program `debug_elf` prints.
  private func look(_ file: OddELF) -> String {
    do throws(ELFError) {
      let elf = try ELFFile(bytes: file.bytes, name: file.name)
      let symbols = try elf.symbols()
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for index in 0..<symbols.count {
        let symbol = symbols[index]
        for byte in "\(symbol.name) \(symbol.start) \(symbol.size)\n".utf8 {
          hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
      }
      // Names that are not UTF-8 are another text here.
      let isText = (0..<symbols.count).allSatisfy { !symbols[$0].name.contains("\u{FFFD}") }
      return "1 \(elf.entry) \(symbols.count) \(isText ? "\(hash)" : "")"
    } catch {
      return "0"
    }
  }

  @Test func `a file with one odd field is read or refused as Go 1.24 reads or refuses it`() {
    let recorded = OddELFVerdicts.accepted
    #expect(recorded.count == OddELF.withOneField.count)
    for (file, accepted) in zip(OddELF.withOneField, recorded) {
      #expect(look(file).hasPrefix("1") == accepted, "\(file.name)")
    }
  }

  /// Up to Go 1.22, `debug/elf` reads headers field by field, and so also those whose unused rest ends
  /// past the end of the file (docs/differences.md).
  private static let toolchains = GoToolchain.all.filter {
    !$0.numbers.lexicographicallyPrecedes([1, 23])
  }

  @Test(
    "Odd files, against each Go that is there, from 1.23 on",
    .enabled(if: !toolchains.isEmpty, "FALCONET_GO names no Go from 1.23 on"),
    arguments: toolchains)
  func againstGo(_ go: GoToolchain) throws {
    let files = OddELF.withOneField + OddELF.random(20_000, seed: 0x0DDE1F)
    var input: [UInt8] = []
    for file in files { input += bigEndian(UInt64(file.bytes.count), 4) + file.bytes }
    let output = try go.run(program: "debug_elf.go", input: input)
    if let path = getenv("FALCONET_RECORD_ELF_VERDICTS").map({ String(cString: $0) }) {
      let verdicts = output.split(separator: "\n").prefix(OddELF.withOneField.count)
      let file = try #require(fopen(path, "w"))
      fputs(String(verdicts.compactMap(\.first)), file)
      fclose(file)
    }
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.count == files.count)
    var differences = 0
    for (file, line) in zip(files, lines) where !line.hasPrefix(look(file)) {
      differences += 1
      if differences <= 20 { Issue.record("\(file.name): \(look(file)), in Go \(line)") }
    }
    #expect(differences == 0)
  }
}

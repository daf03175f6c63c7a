import Foundation
import Testing

@Suite("The texts of the library")
struct LibraryTextTests {
  private static let sources =
    #filePath.dropLast("/Tests/FalconetTests/LibraryTextTests.swift".count) + "/Sources"

  /// The targets whose texts a command line stands behind.
  private static let ofCommands = ["FalconetCommands", "FalconetFuzzing", "FalconetBenchmarks"]
  /// The files about the command lines of other programs, which are what they check.
  private static let ofOtherPrograms = "FalconetConform/Program/"

  /// The string literals on the lines of a source file that have two hyphens in a row, without comments.
  private static func literals(_ text: String) -> [Substring] {
    let hyphens = Array("--".utf8)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n")).filter { line in
      line.contains(hyphens) && !line.drop { $0 == UInt8(ascii: " ") }.starts(with: "//".utf8)
    }
    return lines.map { Substring($0) }.flatMap { line in
      line.matches(of: #/"(?:[^"\\]|\\.)*"/#).map { $0.output.dropFirst().dropLast() }
    }
  }

  /// Whether a literal names a flag. One that is a flag and nothing else is an argument for another
  /// program.
  private static func namesFlag(_ literal: Substring) -> Bool {
    literal.contains(#/(^|[^-\w])--[a-z]/#) && literal.wholeMatch(of: #/--[a-z-]+/#) == nil
  }

  @Test("No text of the library names a command-line flag: the commands add them")
  func namesNoFlag() throws {
    var count = 0
    for target in try FileManager.default.contentsOfDirectory(atPath: String(Self.sources))
    where !Self.ofCommands.contains(target) {
      let path = Self.sources + "/" + target
      for name in FileManager.default.enumerator(atPath: String(path)) ?? .init() {
        guard let name = name as? String, name.hasSuffix(".swift"),
          !"\(target)/\(name)".hasPrefix(Self.ofOtherPrograms)
        else { continue }
        let text = try String(contentsOfFile: path + "/" + name, encoding: .utf8)
        count += 1
        for literal in Self.literals(text) {
          #expect(!Self.namesFlag(literal), "\(target)/\(name)")
        }
      }
    }
    #expect(count > 300)
  }

  @Test(
    "The search finds flags in texts, and no others",
    arguments: [
      (#"throw E("use --base")"#, true), (#"  let a = "(--base)""#, true),
      (#"  /// "use --base""#, false), (#"run(["--output", path])"#, false),
      (#"let a = "a--b" + "--" + "x -- y""#, false),
    ])
  func search(_ line: String, _ names: Bool) {
    #expect(Self.literals(line).contains(where: Self.namesFlag) == names)
  }
}

import FalconetTestSupport
import Glibc
import Testing

@Suite("The list of differences from Cannon")
struct DifferencesTests {
  private static let root = String(testFolder.dropLast("/Tests/FalconetCommandsTests".count))

  /// The cells of each row that is no heading.
  private func rows() throws -> [[Substring]] {
    let text = try #require(TemporaryFolder.contents(Self.root + "/docs/differences.md"))
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| --") && !$0.hasPrefix("| what ") }
      .map { line in
        line.split(separator: "|").map { Substring($0.drop { $0 == " " }) }
          .map { cell in cell.last == " " ? cell.dropLast() : cell }
      }
  }

  /// The text of all files of tests, by the file's name.
  private func tests() throws -> [String: String] {
    var texts: [String: String] = [:]
    var folders = [Self.root + "/Tests"]
    while let folder = folders.popLast() {
      for name in TemporaryFolder.names(in: folder) where !name.hasPrefix(".") {
        let path = folder + "/" + name
        var file = stat()
        guard stat(path, &file) == 0 else { continue }
        if file.st_mode & S_IFMT == S_IFDIR {
          folders.append(path)
        } else if name.hasSuffix(".swift"), let bytes = TemporaryFolder.contents(path) {
          // Targets may have files of one name.
          texts[String(name.dropLast(6)), default: ""] += String(decoding: bytes, as: UTF8.self)
        }
      }
    }
    return texts
  }

  @Test("Each row says what both do and why, and names a test that exists")
  func complete() throws {
    let tests = try tests()
    let rows = try rows()
    #expect(rows.count > 30)
    for row in rows {
      try #require(row.count == 5, "\(row)")
      #expect(row.allSatisfy { !$0.isEmpty }, "\(row)")
      let name = row[4].filter { $0 != "`" }
      let colon = try #require(name.firstIndex(of: ":"), "\(row)")
      let function = name[name.index(colon, offsetBy: 2)...]
      let text = tests[String(name[..<colon])] ?? ""
      #expect(
        text.contains("func \(function)(") || text.contains("func `\(function)`("),
        "there is no test \(name)")
    }
  }
}

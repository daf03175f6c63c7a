import FalconetMachine
import FalconetTestSupport
import Glibc
import Testing

/// Which state versions there are stands in the version table, and in no text that goes stale when
/// one is added.
@Suite("Texts about the state versions")
struct VersionTextTests {
  private static let root = String(testFolder.dropLast("/Tests/FalconetCommandsTests".count))

  /// The paths of all texts in a directory, or of the file itself.
  private func texts(in path: String) -> [String] {
    var file = stat()
    guard stat(path, &file) == 0 else { return [] }
    guard file.st_mode & S_IFMT == S_IFDIR else {
      return [".swift", ".h", ".c", ".py", ".md", ".txt"].contains { path.hasSuffix($0) }
        ? [path] : []
    }
    return TemporaryFolder.names(in: path).filter { !$0.hasPrefix(".") }
      .flatMap { texts(in: path + "/" + $0) }
  }

  @Test("No text but the version table spells out the range of versions")
  func ranges() throws {
    let newest = Int(StateVersion.newest.rawValue)
    // The range that is right now, and the one that was right one version earlier.
    let ranges = [newest, newest - 1].flatMap { last in
      ["0 to \(last)", "0–\(last)", "0-\(last)", "0...\(last)", "0..<\(last + 1)"]
    }
    let paths = ["README.md", "Sources", "Python", "Examples", "docs"].flatMap {
      texts(in: Self.root + "/" + $0)
    }
    #expect(paths.count > 300)
    for path in paths {
      let bytes = try #require(TemporaryFolder.contents(path))
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      where line.contains("ersion") {
        // Ranges of bytes, in lines that also name a version, come before it.
        let text = line.firstRange(of: "ersion").map { line[$0.upperBound...] } ?? line
        for range in ranges {
          #expect(!text.prefix(40).contains(matching: range), "\(path): \(line)")
        }
      }
    }
  }

  @Test("Errors name the versions of the table")
  func errors() throws {
    let all = StateVersion.allCases.map { Int($0.rawValue) }
    #expect(all == Array(0..<all.count))
    #expect(StateVersion.numbers == "0 to \(all.count - 1)")
  }
}

extension Substring {
  /// Whether a text occurs, and not as a part of a longer number.
  fileprivate func contains(matching text: String) -> Bool {
    ranges(of: text).contains { range in
      let before = range.lowerBound == startIndex ? nil : self[index(before: range.lowerBound)]
      let after = range.upperBound == endIndex ? nil : self[range.upperBound]
      func isPart(_ character: Character?) -> Bool {
        character.map { $0.isNumber || ".-".contains($0) } ?? false
      }
      return !isPart(before) && !(after?.isNumber ?? false)
    }
  }
}

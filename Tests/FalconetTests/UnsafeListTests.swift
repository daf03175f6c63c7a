import FalconetTestSupport
import Testing

/// Scripts/unsafe-list, which finds each unsafe use of memory without a stated premise.
@Suite struct UnsafeListTests {
  private let root = String(#filePath.dropLast("/Tests/FalconetTests/UnsafeListTests.swift".count))

  @Test("Every unsafe use of memory has a premise, and docs/architecture.md lists them all")
  func premises() { #expect(shell("'\(root)/Scripts/unsafe-list' --check") == 0) }

  @Test("A use without a premise is found, and a list that is not that of the sources")
  func missing() throws {
    let folder = try TemporaryFolder()
    folder.makeFolder("docs")
    folder.makeFolder("Sources")
    folder.makeFolder("Sources/A")
    func check(_ source: String, list: String) throws -> String {
      try folder.write(source, to: "Sources/A/A.swift")
      let text = """
        <!-- unsafe-list: begin -->
        | target | type | premise |
        | --- | --- | --- |
        \(list)<!-- unsafe-list: end -->

        """
      try folder.write(text, to: "docs/architecture.md")
      let log = folder.file("log")
      let code = shell("'\(root)/Scripts/unsafe-list' --check '\(folder.path)' > '\(log)' 2>&1")
      let output = String(decoding: folder.read("log") ?? [], as: UTF8.self)
      #expect(code == (output.isEmpty ? 0 : 1))
      return output
    }
    let list = "| `A` | `T` | It is not null. |\n"
    let note = "/// Safety: it is not null.\n"
    let use = "\n  let p: UnsafeRawPointer\n}"
    #expect(try check(note + "struct T {" + use, list: list) == "")
    #expect(try check(note + "struct T {}\n\nextension T {" + use, list: list) == "")
    #expect(try check("struct T {\n  // UnsafeRawPointer\n}", list: "") == "")
    #expect(try check("struct T {" + use, list: list).contains("A.swift:2: T uses"))
    #expect(try check(note + "struct T {}\nstruct U {" + use, list: list).contains("U uses"))
    #expect(try check(note + "struct T {" + use, list: "").contains("another list"))
    #expect(try check(note + "struct T {}", list: list).contains("another list"))
  }
}

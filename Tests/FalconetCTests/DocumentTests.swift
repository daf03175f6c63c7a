import FalconetTestSupport
import Testing

/// README.md and the other documents: what they show is run, and their links lead somewhere.
@Suite struct DocumentTests {
  /// Runs Scripts/update-docs with what the build left beside the tests.
  private func updateDocs(_ arguments: String) throws -> Shell.Outcome {
    let products = try BuiltLibrary.products()
    let environment = [
      "FALCONET": products + "/falconet", "FALCONET_MODULES": products + "/Modules",
      "FALCONET_LIBRARY": try BuiltLibrary.shared().folder,
      "FALCONET_PYTHON": try PythonPackage.folder(), "FALCONET_FIXTURES": try Fixtures.path(""),
    ]
    let assignments = environment.map { "\($0.key)=\(Shell.quoted($0.value))" }
    return try Shell.run(
      "\(assignments.joined(separator: " "))"
        + " \(Shell.quoted(BuiltLibrary.repository))/Scripts/update-docs \(arguments)")
  }

  @Test func `sessions print what the documents say, programs run, links lead somewhere`() throws {
    let outcome = try updateDocs("--check")
    #expect(outcome.exitCode == 0, "\(outcome.output)")
  }

  @Test func `other output, failing programs, unused blocks, dead links and names are found`()
    throws
  {
    let document = try TemporaryFolder()
    let path = document.file("document.md")
    func outcome(_ text: String, _ option: String = "--check") throws -> Shell.Outcome {
      try Shell.output("cat > \(Shell.quoted(path)) << 'END'\n\(text)\nEND")
      return try updateDocs("\(option) \(Shell.quoted(path))")
    }
    let good = """
      <!-- session: a
      echo 5 > n -->
      ```console
      $ echo took 17 ms
      took 3 ms
      $ seq 1 \\
          "$(cat n)"
      1
      …
      5
      ```
      """
    #expect(try outcome(good).exitCode == 0)
    let stale = good.split(separator: "\n").map { $0 == "5" ? "6" : $0 }.joined(separator: "\n")
    #expect(try outcome(stale).output.contains("+5"))
    #expect(try outcome(stale, "").exitCode == 0)
    #expect(try Shell.output("cat \(Shell.quoted(path))") == good + "\n")
    for text in [
      "```console\n$ true\n```", "<!-- session: a -->\n```python\nraise SystemExit(1)\n```",
      "<!-- session: a -->\n```c\nint main(void) { return 1; }\n```",
      "<!-- session: a -->\n```swift\nlet number: Int = true\n```",
      "<!-- session: a -->\n```swift\nimport Glibc\nexit(1)\n```",
      "<!-- session: a\nfalse -->\n```console\n$ true\n```", "<!-- not run: -->\n```c\nx\n```",
      "```sh\nif true; then\n```", "<!-- session: a -->\n```sh\nfalse\n```",
      "<!-- file: a f\n./f -->\n```sh\nexit 1\n```", "<!-- file: a -->\n```sh\ntrue\n```",
      "[a](missing.md)", "[a](#missing)", "[a]: missing.md",
      "# Two words\n# Two words\n[a](#two-words-2)", "`No\("Such")Name`",
    ] {
      #expect(try outcome(text).exitCode == 1, "\(text)")
    }
    let script = """
      <!-- file: a f
      test "$(./f x)" = x -->
      ```sh
      #!/bin/sh
      echo "$1"
      ```
      """
    #expect(try outcome(script + "\n<!-- session: a -->\n```sh\n./f\n```").exitCode == 0)
    let others = [
      ("cargo", "rust\nfn main() { panic!() }"),
      ("go", "go\npackage main\nfunc main() { panic(1) }"),
    ]
    for (compiler, program) in others where LanguageTests.has(compiler) {
      let text = "<!-- session: a -->\n```\(program)\n```"
      #expect(try outcome(text).exitCode == 1, "\(text)")
    }
    let links = "# Two `words`!\n# Two words\n[a](#two-words) [b](document.md#two-words-1)"
    #expect(try outcome(links + "\n```sh\ntrue\n```\n[c](https://example.org/x)").exitCode == 0)
  }
}

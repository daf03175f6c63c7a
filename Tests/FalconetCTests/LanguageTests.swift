import Testing

/// The library from other languages.
@Suite struct LanguageTests {
  /// rustup puts programs where shells look only after a log-in, Scripts/install-test-tools into the
  /// build's folder.
  private static let path =
    "export PATH=\"$PATH:$HOME/.cargo/bin:\"\(Shell.quoted(BuiltLibrary.repository))"
    + "/.build/test-tools/bin"

  static func has(_ compiler: String) -> Bool {
    (try? Shell.run("\(path); command -v \(compiler)").exitCode) == 0
  }

  /// Runs the tests of a binding with the library that the build left.
  private static func testBinding(_ language: String) throws {
    let library = try BuiltLibrary.shared()
    let output = try Shell.output(
      [BuiltLibrary.repository + "/Scripts/test-bindings", "--library", library.folder, language]
        .map(Shell.quoted).joined(separator: " "))
    #expect(output.contains("\n\(language): passed in "), "\(output)")
  }

  @Test(.enabled(if: has("cargo"), "no Rust: rustup brings cargo"))
  func `the Rust crates pass their tests, and are those of the header`() throws {
    try Self.testBinding("rust")
  }

  @Test(.enabled(if: has("go"), "no Go compiler: Scripts/install-test-tools brings one"))
  func `the Go module passes its tests`() throws {
    try Self.testBinding("go")
  }

  @Test func `the Python package passes its tests from the wheel`() throws {
    let output = try PythonPackage.runTests("discover", in: "Python/tests")
    #expect(output.contains("\nOK\n"), "\(output)")
    // Whatever skips tests makes them worth nothing.
    #expect(!output.contains("skipped"))
  }
}

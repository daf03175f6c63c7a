import FalconetSnapshots
import FalconetTestSupport
import Testing

/// The library from other languages.
@Suite struct LanguageTests {
  /// A snapshot that the examples run, and what they print.
  private static func checkExample(_ program: String) throws {
    let library = try BuiltLibrary.shared()
    let snapshot = library.work + "/example.bin.gz"
    let vector = try Fixtures.vector(.v8, "oracle")
    let preimages = try Fixtures.path("preimages/oracle-valid")
    if try Shell.run("test -e \(Shell.quoted(snapshot))").exitCode != 0 {
      let prestate = try Fixtures.prestate(.v8, "oracle")
      try Snapshot.save(
        MemoryImage(state: prestate.state, memory: prestate.memory), path: snapshot)
    }
    let output = try Shell.output(
      [program, snapshot, preimages].map(Shell.quoted).joined(separator: " "))
    #expect(output == "step \(vector.steps) claim \(vector.finalHash)\n")
    let failure = try Shell.run(
      [program, snapshot, "/nowhere"].map(Shell.quoted).joined(separator: " "))
    #expect(failure.exitCode == 1)
  }

  /// rustup puts programs where shells look only after a log-in, Scripts/install-test-tools into the
  /// build's folder.
  private static let path =
    "export PATH=\"$PATH:$HOME/.cargo/bin:\"\(Shell.quoted(BuiltLibrary.repository))"
    + "/.build/test-tools/bin"

  private static func has(_ compiler: String) -> Bool {
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
  func `the Go example prints the claim`() throws {
    let library = try BuiltLibrary.shared()
    let lib = Shell.quoted(library.folder + "/lib")
    let program = library.work + "/go-example"
    try Shell.output(
      "\(Self.path); export PKG_CONFIG_PATH=\(lib)/pkgconfig CGO_LDFLAGS=-Wl,-rpath,\(lib) CGO_ENABLED=1;"
        + " go build -o \(Shell.quoted(program))"
        + " \(Shell.quoted(BuiltLibrary.repository))/Examples/go/main.go")
    try Self.checkExample(program)
  }

  @Test func `the Python package passes its tests from the wheel`() throws {
    let output = try PythonPackage.runTests("discover", in: "Python/tests")
    #expect(output.contains("\nOK\n"), "\(output)")
    // Whatever skips tests makes them worth nothing.
    #expect(!output.contains("skipped"))
  }
}

import FalconetTestSupport
import Testing

/// What Scripts/release and Scripts/install are made of. The whole of a release takes a build of its own, and is
/// in Scripts/long-tests.
@Suite struct ReleaseTests {
  private static let scripts = BuiltLibrary.repository + "/Scripts/release.d"

  /// The program that the build left beside the tests. A debug build prints no description of its flags.
  private static let program: String? = {
    let describe = " --experimental-dump-help | grep -q serializationVersion"
    guard let path = try? BuiltLibrary.products() + "/falconet",
      let described = try? Shell.run(Shell.quoted(path) + describe), described.exitCode == 0
    else { return nil }
    return path
  }()

  @Test func `notes, manual pages and the bill of materials hold what they should`() throws {
    let output = try Shell.output(
      "cd \(Shell.quoted(Self.scripts)) && PYTHONDONTWRITEBYTECODE=1 python3 -W error tests.py 2>&1"
    )
    #expect(output.contains("OK"), "\(output)")
  }

  @Test(
    "What is installed is complete, and a C program is built with it",
    .enabled(if: program != nil, "a debug build does not describe its flags"))
  func layout() throws {
    let program = try #require(Self.program)
    let library = try BuiltLibrary.shared()
    let folder = try TemporaryFolder()
    let root = folder.file("usr")
    try Shell.output(
      "\(Shell.quoted(Self.scripts))/stage --program \(Shell.quoted(program))"
        + " --library \(Shell.quoted(library.folder)) --date 2026-01-31 --prefix /usr"
        + " --libdir lib/x86_64-linux-gnu \(Shell.quoted(root))")

    let found = try Shell.output(
      "cd \(Shell.quoted(root)) && find . ! -type d -printf '%P\\n' | LC_ALL=C sort")
    let files = Set(found.split(separator: "\n").map(String.init))
    let commands = try Shell.output(
      "ls \(Shell.quoted(BuiltLibrary.repository))/Tests/FalconetCommandsTests/HelpTexts")
    let pages = commands.split(separator: "\n")
      .filter { $0.hasSuffix(".txt") }.map { $0.dropLast(4) }
      .filter { $0 != "falconet" && $0 != "serve-preimages" }
    #expect(pages.count > 10)
    let expected =
      [
        "bin/falconet", "include/falconet.h", "lib/x86_64-linux-gnu/libfalconet.so",
        "lib/x86_64-linux-gnu/pkgconfig/falconet.pc",
        "lib/systemd/system/falconet-prune@.service",
        "lib/systemd/system/falconet-prune@.timer",
        "share/bash-completion/completions/falconet", "share/doc/falconet/README.md",
        "share/fish/vendor_completions.d/falconet.fish", "share/man/man1/falconet.1.gz",
        "share/zsh/site-functions/_falconet",
      ] + pages.map { "share/man/man1/falconet-\($0).1.gz" }
    #expect(expected.filter { !files.contains($0) } == [])
    let units = try Shell.output("cat \(Shell.quoted(root))/lib/systemd/system/*")
    #expect(units.contains("ExecStart=/usr/bin/falconet trace prune"))
    // A trace that is in use is no failure of the unit.
    #expect(units.contains(" --skip-if-open\n"))

    // Every page is a page: groff warns about what it does not know.
    let warnings = try Shell.output(
      """
      command -v groff > /dev/null || exit 0
      cd \(Shell.quoted(root))/share/man/man1
      for page in *; do gunzip -c "$page" | groff -man -Tutf8 -ww 2>&1 > page.out; done
      """)
    #expect(warnings == "")

    let pkgConfig =
      "PKG_CONFIG_PATH=\(Shell.quoted(root + "/lib/x86_64-linux-gnu/pkgconfig")) pkg-config"
    let built = try Shell.output(
      """
      cd \(Shell.quoted(folder.path))
      echo '#include <falconet.h>
      int main(void) { return falconet_version() == 0; }' > program.c
      cc program.c $(\(pkgConfig) --cflags --libs falconet) -o program
      LD_LIBRARY_PATH=\(Shell.quoted(root + "/lib/x86_64-linux-gnu")) ./program && echo works
      """)
    #expect(built == "works\n")
  }
}

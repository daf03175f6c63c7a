import FalconetTestSupport
import Testing

@Suite("An output whose reader is gone")
struct ClosedOutputTests {
  /// Becomes the command that follows, with a pipe as standard output that nobody reads.
  private static let wrapper = [
    "python3", "-c",
    """
    import os, sys
    r, w = os.pipe()
    os.dup2(w, 1)
    os.close(r)
    os.close(w)
    os.execvp(sys.argv[1], sys.argv[1:])
    """,
  ]

  @Test(
    "Commands end silently, and not as if all were done",
    arguments: [
      ["--help"], ["--version"], ["list"], ["witness", "--input"], ["claim"], ["check"],
      ["inspect"], ["inspect", "--json"],
      [
        "run", "--output", "-", "--meta", "", "--log-level",
        "error", "--stop-at", "=1", "--input",
      ],
    ])
  func silent(_ arguments: [String]) throws {
    let takesNone = arguments.count == 1 && (arguments[0] == "list" || arguments[0].hasPrefix("-"))
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(arguments + (takesNone ? [] : [input]), wrapper: Self.wrapper)
    #expect(outcome.exitCode == 141)
    #expect(outcome.log == "")
  }
}

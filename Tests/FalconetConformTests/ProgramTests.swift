import FalconetConform
import FalconetTestSupport
import Testing

/// Programs that drive several VMs at once through the header alone, in three languages.
@Suite(
  .enabled(
    if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"))
struct ProgramTests {
  /// Builds a program, runs it on both examples, and looks at what it prints.
  ///
  /// - Parameters:
  ///   - build: makes the program, in `$folder`.
  ///   - run: runs it.
  private static func drive(_ build: String, _ run: String) throws {
    let output = try ExampleVM.shell(
      """
      set -e
      folder=$(mktemp -d)
      trap 'rm -rf "$folder"' EXIT
      cd '\(ExampleVM.repository)'
      \(tools)
      programs=Tests/FalconetConformTests/Programs
      \(build)
      printf fault > "$folder/input"
      key=$(grep -o '0x[0-9a-f]\\{16\\}' Examples/fpvm-c/total.stk | cut -c3- | tr -d '\\n')
      \(run) '\(try ExampleVM.stack.path())' Examples/fpvm-c/total.stk "$key" \
        Examples/fpvm-c/total.preimage '\(try ExampleVM.tape.path())' Examples/fpvm-rust/echo.bf \
        696e707574 "$folder/input"
      """)
    #expect(
      output == """
        stack: 186 steps, 4 proofs, 1 bytes of output on each of 4 threads
        tape: 67 steps, 1 proofs, 6 bytes of output on each of 4 threads

        """)
  }

  /// Scripts/install-test-tools puts programs where no shell looks.
  private static let tools = "PATH=\"$PATH:$PWD/.build/test-tools/bin\""

  static let hasGo =
    (try? ExampleVM.shell("cd '\(ExampleVM.repository)'; \(tools); command -v go")) != nil

  @Test("A program in C drives two VMs at once, each from several threads")
  func drive() throws {
    try Self.drive(
      """
      cc -std=gnu11 -O1 -Wall -Wextra -Werror -I fpvm $programs/drive.c -o "$folder/drive" \
        -ldl -lpthread
      """, "\"$folder/drive\"")
  }

  @Test("So does one in Python")
  func python() throws {
    try Self.drive("", "python3 -W error $programs/drive.py")
  }

  @Test(
    "So does one in Go, also with the address sanitizer",
    .enabled(if: hasGo, "no Go compiler: Scripts/install-test-tools brings one"),
    arguments: ["", "-asan"])
  func go(_ flag: String) throws {
    try Self.drive(
      """
      export GOCACHE=$PWD/.build/go GOTOOLCHAIN=local CGO_ENABLED=1 CGO_CFLAGS="-I$PWD/fpvm -O1 -g"
      go build \(flag) -o "$folder/drive" $programs/drive.go
      """, "\"$folder/drive\"")
  }
}

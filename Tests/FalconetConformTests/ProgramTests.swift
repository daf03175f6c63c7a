import FalconetConform
import FalconetTestSupport
import Testing

/// Programs in C that drive several VMs at once through the header alone.
@Suite struct ProgramTests {
  @Test(
    "A program drives two VMs at once, each from several threads",
    .enabled(
      if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"))
  func drive() throws {
    let output = try ExampleVM.shell(
      """
      set -e
      folder=$(mktemp -d)
      trap 'rm -rf "$folder"' EXIT
      cd '\(ExampleVM.repository)'
      cc -std=gnu11 -O1 -Wall -Wextra -Werror -I fpvm Tests/FalconetConformTests/Programs/drive.c \
        -o "$folder/drive" -ldl -lpthread
      printf fault > "$folder/input"
      key=$(grep -o '0x[0-9a-f]\\{16\\}' Examples/fpvm-c/total.stk | cut -c3- | tr -d '\\n')
      "$folder/drive" '\(try ExampleVM.stack.path())' Examples/fpvm-c/total.stk "$key" \
        Examples/fpvm-c/total.preimage '\(try ExampleVM.tape.path())' Examples/fpvm-rust/echo.bf \
        696e707574 "$folder/input"
      """)
    #expect(
      output == """
        stack: 186 steps, 4 proofs, 1 bytes of output on each of 4 threads
        tape: 67 steps, 1 proofs, 6 bytes of output on each of 4 threads

        """)
  }
}

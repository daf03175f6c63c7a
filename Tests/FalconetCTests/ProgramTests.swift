import FalconetMachine
import FalconetTestSupport
import Testing

/// A C program that drives a whole run: Program/drive.c.
@Suite struct ProgramTests {
  /// The step that reads part of a pre-image first.
  private static let firstRead = 591664

  private static func compile(with compiler: String) throws -> String {
    let library = try BuiltLibrary.shared()
    let program = library.work + "/drive-" + compiler
    let source = BuiltLibrary.repository + "/Tests/FalconetCTests/Program/drive.c"
    try Shell.output(
      "\(compiler) -std=c11 -g -O1 -pedantic -Wall -Wextra -Werror \(Shell.quoted(source))"
        + " \(library.flags) -o \(Shell.quoted(program))")
    return program
  }

  /// The command line of a run in a folder of its own.
  private static func command(_ program: String, _ arguments: String) throws -> String {
    let folder = program + "-files"
    try Shell.output("mkdir -p \(Shell.quoted(folder))")
    let guest = try Fixtures.path("guests/64/oracle.elf")
    let preimages = try Fixtures.path("preimages/oracle-valid")
    return [program, guest, preimages, folder].map(Shell.quoted).joined(separator: " ")
      + " " + arguments
  }

  @Test(arguments: [("gcc", "jit"), ("clang", "interpreter")])
  func `a C program without warnings drives a full run`(
    compiler: String, engine: String
  ) throws {
    let program = try Self.compile(with: compiler)
    let output = try Shell.output(Self.command(program, "\(engine) \(Self.firstRead)"))
    let expected = try Fixtures.vector(.v8, "oracle")
    #expect(output.contains("prestate \(expected.prestateHash)\n"))
    #expect(output.contains("steps \(expected.steps), exit code \(expected.exitCode)\n"))
    #expect(output.contains("output \(expected.stdout)"))
    #expect(output.contains("claim \(expected.finalHash)\n"))
  }

  /// Where reserving address space is not limited, valgrind keeps books on terabytes of it.
  @Test(.enabled(if: Shell.has("valgrind")))
  func `valgrind finds no error and no leak`() throws {
    // A name of its own: the other test runs at the same time.
    let program = try Self.compile(with: "gcc") + "-valgrind"
    try Shell.output("cp \(Shell.quoted(String(program.dropLast(9)))) \(Shell.quoted(program))")
    let last = isLongRun ? "" : "\(Self.firstRead + 100_000)"
    let output = try Shell.output(
      "ulimit -v 4000000; valgrind --quiet --error-exitcode=9 --smc-check=all-non-file"
        + " --leak-check=full --show-leak-kinds=definite,indirect"
        + " --errors-for-leak-kinds=definite,indirect "
        + Self.command(program, "jit \(Self.firstRead) \(last)"))
    #expect(output.contains("claim 0x"))
    #expect(!output.contains("=="), "\(output)")
  }
}

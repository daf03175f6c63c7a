import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

/// C programs that drive a whole run, Program/drive.c, and a whole trace, Program/trace.c, and that
/// compare runs, Program/compare.c.
@Suite struct ProgramTests {
  /// The step that reads part of a pre-image first.
  private static let firstRead = 591664

  /// Compiles a program of the folder, under a name of its own: tests run at the same time.
  private static func compile(
    _ source: String, with compiler: String, as name: String
  ) throws -> String {
    let library = try BuiltLibrary.shared()
    let program = library.work + "/" + name
    let path = BuiltLibrary.repository + "/Tests/FalconetCTests/Program/" + source
    try Shell.output(
      "\(compiler) -std=c11 -g -O1 -pthread -pedantic -Wall -Wextra -Werror"
        + " \(Shell.quoted(path)) \(library.flags) -o \(Shell.quoted(program))")
    return program
  }

  /// The command line of a program with an empty folder of its own.
  private static func command(_ program: String, _ arguments: String) throws -> String {
    let folder = Shell.quoted(program + "-files")
    try Shell.output("rm -rf \(folder); mkdir -p \(folder)")
    let guest = try Fixtures.path("guests/64/oracle.elf")
    let preimages = try Fixtures.path("preimages/oracle-valid")
    return [program, guest, preimages].map(Shell.quoted).joined(separator: " ")
      + " \(folder) \(arguments)"
  }

  @Test(arguments: [("gcc", "translator"), ("clang", "portable")])
  func `a C program without warnings drives a full run`(
    compiler: String, engine: String
  ) throws {
    let program = try Self.compile("drive.c", with: compiler, as: "drive-" + compiler)
    let output = try Shell.output(Self.command(program, "\(engine) \(Self.firstRead)"))
    let expected = try Fixtures.vector(.v8, "oracle")
    #expect(output.contains("prestate \(expected.prestateHash)\n"))
    #expect(output.contains("steps \(expected.steps), exit code \(expected.exitCode)\n"))
    #expect(output.contains("output \(expected.stdout)"))
    #expect(output.contains("claim \(expected.finalHash)\n"))
  }

  @Test(arguments: ["gcc", "clang"])
  func `a C program without warnings asks all of a trace`(compiler: String) throws {
    let program = try Self.compile("trace.c", with: compiler, as: "trace-" + compiler)
    let output = try Shell.output(Self.command(program, "\(Self.firstRead)"))
    let expected = try Fixtures.vector(.v8, "oracle")
    #expect(output.contains("prestate \(expected.prestateHash)\n"))
    #expect(output.contains("last \(expected.steps - 1)\n"))
    #expect(output.contains("claim \(expected.finalHash)\n"))
  }

  @Test(arguments: ["gcc", "clang"])
  func `a C program without warnings compares runs and states, and looks at a program`(
    compiler: String
  ) throws {
    let program = try Self.compile("compare.c", with: compiler, as: "compare-" + compiler)
    let output = try Shell.output(Self.command(program, Self.otherPreimages()))
    let (step, claims) = try Self.divergence()
    #expect(output.contains("step \(step)\nfirst \(claims[0])\nsecond \(claims[1])\n"), "\(output)")
    // The step reads a local input, whose key depends on the game.
    let calls = output.split(separator: "\n").filter { $0.hasPrefix("call ") }
    #expect(calls.map { $0.split(separator: " ")[1] } == ["load", "step", "load", "read", "step"])
    #expect(output.contains("call step MIPS step(bytes,bytes,bytes32) "))
    #expect(output.contains("traceback thread 0 [running]:\n"))
  }

  /// The first step at which runs with other inputs differ, found one by one around what C found.
  private static func divergence() throws -> (UInt64, [Bytes32]) {
    let machines = try ["oracle-valid", "oracle-invalid"].map { name in
      let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "oracle"))
      machine.oracle = try DirectoryOracle(path: Fixtures.path("preimages/" + name))
      return machine
    }
    for machine in machines { _ = try machine.run(until: UInt64(firstRead)) }
    while machines[0].claim() == machines[1].claim() {
      for machine in machines { _ = try machine.run(steps: 1) }
    }
    return (machines[0].step - 1, machines.map { $0.claim() })
  }

  private static func otherPreimages() throws -> String {
    Shell.quoted(try Fixtures.path("preimages/oracle-invalid"))
  }

  /// Three games, or in a long run all of them, through the command, C and the Python package.
  @Test func `a directory of one game never answers another, through any door`() throws {
    let program = try Self.compile("games.c", with: "gcc", as: "games")
    let folder = Shell.quoted(program + "-files")
    let executable = try Shell.output("readlink -f /proc/$PPID/exe").split(separator: "\n")[0]
    let tool = executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)] + "/falconet"
    try Shell.output("mkdir -p \(folder)")
    let output = try PythonPackage.run(
      Shell.quoted(BuiltLibrary.repository + "/Scripts/trace_games.py")
        + " \(Shell.quoted(String(tool))) \(Shell.quoted(program)) \(folder)"
        + (isLongRun ? "" : " --games 3"))
    #expect(output.contains("\nwrong: 0\n"), "\(output)")
    #expect(output.contains(isLongRun ? "pairs: 110\n" : "pairs: 6\n"), "\(output)")
  }

  /// If reserving address space is not limited, valgrind keeps books on terabytes of it.
  @Test(
    .enabled(if: Shell.has("valgrind"), "no valgrind"),
    arguments: [("drive.c", "translator \(firstRead)"), ("trace.c", "\(firstRead)")]
      + (isLongRun ? [("compare.c", "")] : []))
  func `valgrind finds no error and no leak`(source: String, arguments: String) throws {
    let program = try Self.compile(source, with: "gcc", as: "valgrind-" + source.dropLast(2))
    let last =
      if source == "compare.c" { try Self.otherPreimages() } else if isLongRun { "" } else {
        "\(Self.firstRead + 100_000)"
      }
    let output = try Shell.output(
      "ulimit -v 4000000; valgrind --quiet --error-exitcode=9 --smc-check=all"
        + " --leak-check=full --show-leak-kinds=definite,indirect"
        + " --errors-for-leak-kinds=definite,indirect "
        + Self.command(program, "\(arguments) \(last)"))
    #expect(output.contains(source == "compare.c" ? "first 0x" : "claim 0x"))
    #expect(!output.contains("=="), "\(output)")
  }
}

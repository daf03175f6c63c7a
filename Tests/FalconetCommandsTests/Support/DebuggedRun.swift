import FalconetELF
import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Glibc
import Testing

/// A run of a guest with a debugger's socket.
struct DebuggedRun {
  let folder: TemporaryFolder
  let tool: RunningTool
  let socket: String
  let elf: String
  /// The same file for gdb.
  let program: String
  /// The same run, in this process.
  let timeline: Timeline
  let symbols: SymbolTable

  /// - Parameter flags: more of the command's.
  init(_ guest: String, _ version: StateVersion, _ flags: [String] = []) throws {
    folder = try TemporaryFolder()
    socket = folder.file("gdb.socket")
    let vector = try Fixtures.vector(version, guest)
    elf = folder.file("guest.elf")
    program = folder.file("program.elf")
    let bytes = try Fixtures.elf(vector.elf)
    try folder.write(bytes, to: "guest.elf")
    // The benchmarks are whole; the archive's guests lack what their debug sections had.
    try folder.write(
      guest == "compute" ? bytes : GDB.readable(bytes, version.wordSize), to: "program.elf")
    let load = try Tool.run(
      ["load-elf", "--type", "\(version.rawValue)", "--path", elf], in: folder.path)
    try #require(load.exitCode == 0, "\(load.log)")
    var arguments = ["debug", "state.bin.gz", "--elf", elf, "--listen", socket]
    if let preimages = vector.preimages {
      arguments += ["--preimages", try Fixtures.path("preimages/" + preimages)]
    }
    tool = try RunningTool(arguments + flags, in: folder.path)
    timeline = Timeline(try Fixtures.machine(RecordedRun(version: version, guest: guest)))
    symbols = try ELFFile(path: elf).symbols()
    try tool.await(socket: socket)
  }

  func address(_ name: String) throws -> UInt64 {
    try #require(symbols.symbol(named: name)).start
  }

  /// Has gdb connect and execute commands.
  func gdb(_ commands: [String]) throws -> [GDB.Answer] {
    let answers = try GDB.run(["-target-select remote \(socket)"] + commands, program: program)
    #expect(answers[0].result.contains("connected"), "\(answers[0]) \(tool.log)")
    return Array(answers.dropFirst())
  }
}

extension RunningTool {
  /// Waits until a debugger can connect to a socket.
  func await(socket: String) throws {
    let end = SuspendingClock.now.advanced(by: .seconds(120))
    while access(socket, F_OK) != 0, SuspendingClock.now < end { usleep(5000) }
    try #require(access(socket, F_OK) == 0, "\(log)")
  }
}

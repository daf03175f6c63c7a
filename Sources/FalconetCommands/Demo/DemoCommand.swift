import ArgumentParser
import FalconetELF
import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "demo", usage: "[--dir <directory>] [--json]",
    abstract: "Load, run and prove a built-in program, and show what happened.",
    examples: ["falconet demo", "falconet demo --dir tour --json"])

  @Option(
    name: [.customLong("dir"), .customLong("folder")],
    help: ArgumentHelp(
      "Directory for the files; created if it does not exist.", valueName: "directory"),
    completion: .directory)
  var dir = "falconet-demo"

  @Flag(help: "Print JSON.")
  var json = false

  private static let version = StateVersion.v8

  func run() throws {
    do {
      try makeFolder()
      try demonstrate(DemoProgram())
    } catch let error as StreamError {
      throw CommandError(error, while: "failed to write the demo's files")
    } catch let error as PreimageError {
      throw CommandError("failed to write the demo's files: \(error)")
    }
  }

  private func makeFolder() throws(CommandError) {
    guard dir.withFileName({ mkdir($0, 0o777) }) != 0, errno != EEXIST else { return }
    throw CommandError("cannot create directory \(dir): \(String(cString: strerror(errno)))")
  }

  private func demonstrate(_ program: DemoProgram) throws {
    let clock = ContinuousClock()
    var report = DemoReport(version: Self.version, directory: dir)

    try writeInputs(of: program, to: &report)
    var start = clock.now
    let prestate = try Prestate.load(
      ELFFile(bytes: program.elf, name: "built-in program"), version: Self.version,
      pageLimit: MemoryAllowance.pages(copies: 1))
    let image = MemoryImage(state: prestate.state, memory: prestate.memory)
    try Snapshot.save(image, path: report.add("prestate", "state.bin.gz"))
    try AtomicFile.write(path: report.add("symbols", "meta.json")) { (sink) throws(StreamError) in
      try prestate.symbols.write(to: sink, program: prestate.program)
    }
    report.loading = clock.now - start

    let machine = Machine(
      state: image.state, memory: image.memory,
      oracle: CheckedOracle(DictionaryOracle(program.preimages)))
    machine.shouldInterrupt = { Interruption.isRequested }
    var output: [UInt8] = []
    machine.onOutput = { output += $1 }
    report.firstClaim = machine.claim()

    start = clock.now
    try advance(machine, to: DemoProgram.firstRead)
    let proof = report.add("proof of a pre-image read", "proof-\(machine.step).json.gz")
    do {
      if let witness = try machine.prove() { try StepProof(witness).save(path: proof) }
    } catch let error as MachineError {
      throw CommandError(error, in: machine, symbols: nil)
    }
    try advance(machine, to: DemoProgram.snapshotStep)
    try Snapshot.save(
      MemoryImage(machine),
      path: report.add("snapshot on the way", "state-\(machine.step).bin.gz"))
    try advance(machine, to: .max)
    report.executing = clock.now - start
    try Snapshot.save(MemoryImage(machine), path: report.add("last state", "out.bin.gz"))
    report.note(machine, output: output)
    do {
      if json {
        try report.write(to: OutputFile.standard())
      } else {
        try OutputFile.print(report.lines)
      }
    } catch { throw CommandError(error, while: "failed to write") }
  }

  /// Writes what a user needs to repeat the run: the program, and its pre-images as a host stores them.
  private func writeInputs(of program: DemoProgram, to report: inout DemoReport) throws {
    try AtomicFile.write(path: report.add("program", "program.elf")) { (sink) throws(StreamError) in
      try sink.write(program.elf)
    }
    var recording = try RecordingOracle(
      DictionaryOracle(program.preimages), path: report.add("its pre-images", "preimages"))
    for key in program.preimages.keys { _ = try recording.preimage(for: key) }
    try recording.flush()
  }

  private func advance(_ machine: Machine, to step: UInt64) throws {
    do {
      if try machine.run(until: step) == .interrupted { throw CommandError.interrupted }
    } catch let error as MachineError {
      throw CommandError(error, in: machine, symbols: nil)
    }
  }
}

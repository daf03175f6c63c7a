import ArgumentParser
import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Glibc

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Load, run and prove a built-in program, and show what happened.")

  @Option(help: "Directory for the files; created if it does not exist.", completion: .directory)
  var dir = "falconet-demo"

  private static let version = StateVersion.v8
  private static let snapshotStep: UInt64 = 5_000_000

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
    var rows: [(String, String)] = []

    var start = clock.now
    let prestate = try Prestate.load(
      ELFFile(bytes: program.elf, name: "built-in program"), version: Self.version)
    let image = MemoryImage(state: prestate.state, memory: prestate.memory)
    try Snapshot.save(image, path: "\(dir)/state.bin.gz")
    try AtomicFile.write(path: "\(dir)/meta.json") { (sink) throws(StreamError) in
      try prestate.symbols.write(to: sink)
    }
    rows.append(("state version", "\(Self.version.rawValue) (\(Self.version.name))"))
    let loading = milliseconds(clock.now - start)
    try writeInputs(of: program)

    let machine = Machine(
      state: image.state, memory: image.memory,
      oracle: CheckedOracle(DictionaryOracle(program.preimages)))
    machine.shouldInterrupt = { Interruption.isRequested }
    var output: [UInt8] = []
    machine.onOutput = { output += $1 }
    rows.append(("claim at step 0", "\(machine.claim())"))
    rows.append(("loaded and written in", loading))

    start = clock.now
    try advance(machine, to: DemoProgram.firstRead)
    let proofPath = "\(dir)/proof-\(machine.step).json.gz"
    do {
      if let witness = try machine.prove() { try StepProof(witness).save(path: proofPath) }
    } catch let error as MachineError {
      throw CommandError(error, in: machine, symbols: nil)
    }
    try advance(machine, to: Self.snapshotStep)
    try Snapshot.save(MemoryImage(machine), path: "\(dir)/state-\(machine.step).bin.gz")
    try advance(machine, to: .max)
    rows.append(("executed in", milliseconds(clock.now - start)))
    try Snapshot.save(MemoryImage(machine), path: "\(dir)/out.bin.gz")

    let text = String(decoding: output, as: UTF8.self).split(separator: "\n")
    rows.append(("program's output", text.joined(separator: " / ")))
    rows.append(("exit code", "\(machine.state.scalars.exitCode)"))
    rows.append(("steps", "\(machine.step)"))
    rows.append(("pre-images read", "\(machine.statistics.preimageRequests)"))
    rows.append(("memory", Progress.size(ofPages: machine.memory.pageCount)))
    rows.append(("last claim", "\(machine.claim())"))
    rows.append(("program", "\(dir)/program.elf"))
    rows.append(("its pre-images", "\(dir)/preimages"))
    rows.append(("prestate", "\(dir)/state.bin.gz"))
    rows.append(("symbols", "\(dir)/meta.json"))
    rows.append(("proof of a pre-image read", proofPath))
    rows.append(("snapshot on the way", "\(dir)/state-\(Self.snapshotStep).bin.gz"))
    rows.append(("last state", "\(dir)/out.bin.gz"))
    try OutputFile.print(Self.table(rows) + [""] + nextCommands(proof: proofPath))
  }

  /// Writes what a user needs to repeat the run: the program, and its pre-images as a host stores them.
  private func writeInputs(of program: DemoProgram) throws {
    try AtomicFile.write(path: "\(dir)/program.elf") { (sink) throws(StreamError) in
      try sink.write(program.elf)
    }
    var recording = try RecordingOracle(
      DictionaryOracle(program.preimages), path: "\(dir)/preimages")
    for key in program.preimages.keys { _ = try recording.preimage(for: key) }
    try recording.flush()
  }

  private func nextCommands(proof: String) -> [String] {
    func path(_ name: String) -> String { Self.shellWord("\(dir)/\(name)") }
    let symbols = path("meta.json")
    return [
      "Try next:",
      "  falconet verify \(Self.shellWord(proof))",
      "  falconet inspect \(path("state-\(Self.snapshotStep).bin.gz")) --meta \(symbols)",
      "  falconet run --input \(path("state.bin.gz")) --preimages \(path("preimages"))"
        + " --meta \(symbols) --proof-at %1000000 --profile profile.svg",
      "  falconet check-elf \(path("program.elf")) --type \(Self.version.rawValue)",
    ]
  }

  /// The text as one word of a shell.
  private static func shellWord(_ text: String) -> String {
    let plain = text.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0))
    }
    return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private func advance(_ machine: Machine, to step: UInt64) throws {
    do {
      if try machine.run(until: step) == .interrupted { throw CommandError.interrupted }
    } catch let error as MachineError {
      throw CommandError(error, in: machine, symbols: nil)
    }
  }

  private func milliseconds(_ duration: Duration) -> String {
    "\(Int((duration / .milliseconds(1)).rounded())) ms"
  }

  private static func table(_ rows: [(name: String, value: String)]) -> [String] {
    let width = rows.map(\.name.count).max() ?? 0
    return rows.map { row in
      row.name + String(repeating: " ", count: width - row.name.count + 2) + row.value
    }
  }
}

import ArgumentParser
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

struct WitnessCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "witness", usage: "<snapshot> [<options>]",
    abstract: "Print a snapshot's claim and witness as JSON.",
    examples: [
      "falconet witness state.bin.gz",
      "falconet witness --input state.bin.gz --output witness.bin",
    ])

  @Option(
    help: ArgumentHelp(
      "Snapshot to read; - is standard input. May also be given without the flag.",
      valueName: "snapshot"), completion: .file())
  var input: String

  @Option(
    name: [.customLong("output"), .customLong("out")],
    help: ArgumentHelp("File for the raw witness; empty for none.", valueName: "file"))
  var output = ""

  @OptionGroup var json: AlwaysJSON

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions
  @OptionGroup(title: "Service") var service: ServiceFlags

  func run() throws {
    guard output != "-" else {
      throw UsageError(
        "--output takes a file: standard output has the JSON, with the witness in it")
    }
    var outputs = PlannedOutputs()
    outputs.add(output, "--output")
    outputs.add("-", "standard output")
    try outputs.checkNames()
    try outputs.check()
    if let connect = try service.connector(), let answer = try ask(connect) {
      return try write(answer)
    }
    let calculator = ClaimCalculator()
    try snapshot.read(input, into: calculator)
    guard let state = calculator.state, let claim = calculator.claim else {
      throw CommandError("failed to read state: \(input) has no end")
    }
    try write(
      ServedWitness(
        version: state.version.rawValue, claim: claim, witness: calculator.witness,
        step: state.scalars.step, exited: state.scalars.exited, exitCode: state.scalars.exitCode),
      isVerified: calculator.isVerified)
  }

  /// Asks the service, which answers at once if it has seen the file. If it fails, says so once.
  private func ask(
    _ connect: () throws(ServiceFailure) -> ServiceConnection
  ) throws(CommandError) -> ServedWitness? {
    guard input != "-", snapshot.from == nil, !snapshot.trustPages else { return nil }
    do throws(ServiceFailure) { return try ServedWitness(of: input, try connect()) } catch {
      if Interruption.isRequested { throw .interrupted }
      Loggers(format: .text, level: .info).logger("witness").warning(
        "The service is not used, and the snapshot is read here", metadata: ["err": "\(error)"])
      return nil
    }
  }

  private func write(_ answer: ServedWitness, isVerified: Bool = true) throws(CommandError) {
    do {
      if !output.isEmpty {
        try AtomicFile.write(path: output, compression: Compression.none, Interruption.cancellation)
        {
          (sink) throws(StreamError) in try sink.write(answer.witness)
        }
      }
      try print(answer, isVerified: isVerified)
    } catch { throw CommandError(error, while: "failed to write the witness") }
  }

  private func print(_ answer: ServedWitness, isVerified: Bool) throws(StreamError) {
    let json = JSONWriter(to: OutputFile.standard())
    try json.beginObject()
    try json.member("stateVersion", answer.version)
    try json.member("witnessHash", hex: answer.claim.bytes)
    try json.member("witness", hex: answer.witness)
    try json.member("step", answer.step)
    try json.member("exited", answer.exited)
    try json.member("exitCode", answer.exitCode)
    // Cannon's keys and no other, unless the user asked for what Cannon does not have.
    if !isVerified { try json.member("unverified", true) }
    try json.endObject()
    try json.finish(newlines: 2)
  }
}

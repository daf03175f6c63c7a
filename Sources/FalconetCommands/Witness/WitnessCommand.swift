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
    let calculator = ClaimCalculator()
    try snapshot.read(input, into: calculator)
    guard let state = calculator.state, let claim = calculator.claim else {
      throw CommandError("failed to read state: \(input) has no end")
    }
    do {
      if !output.isEmpty {
        try AtomicFile.write(path: output, compression: Compression.none, Interruption.cancellation)
        {
          (sink) throws(StreamError) in try sink.write(calculator.witness)
        }
      }
      try print(state, claim, calculator.witness, isVerified: calculator.isVerified)
    } catch { throw CommandError(error, while: "failed to write the witness") }
  }

  private func print(
    _ state: MachineState, _ claim: Bytes32, _ witness: [UInt8], isVerified: Bool
  ) throws(StreamError) {
    let json = JSONWriter(to: OutputFile.standard())
    try json.beginObject()
    try json.member("stateVersion", state.version.rawValue)
    try json.member("witnessHash", hex: claim.bytes)
    try json.member("witness", hex: witness)
    try json.member("step", state.scalars.step)
    try json.member("exited", state.scalars.exited)
    try json.member("exitCode", state.scalars.exitCode)
    // Cannon's keys and no other, unless the user asked for what Cannon does not have.
    if !isVerified { try json.member("unverified", true) }
    try json.endObject()
    try json.finish(newlines: 2)
  }
}

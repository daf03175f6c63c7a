import ArgumentParser
import FalconetBisect
import FalconetELF
import FalconetOracle
import FalconetSnapshots
import FalconetStreams

struct BisectCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "bisect", usage: "[<snapshot>] [<options>] [-- <server> ...]",
    abstract: "Find the first step at which two runs differ.",
    discussion: """
      A side is a run here from --input (the default), a list of claims (--claims-a, --claims-b: \
      a step and a claim on each line), or another VM, which also starts from --input: a library \
      that implements fpvm.h (--vm-library-a, --vm-library-b), or a program with Cannon's flags \
      (--vm-program-a, --vm-program-b). The command line of a pre-image server follows --.
      For two libraries, --input may be a program or a state of their own.
      Writes each side's proof of the step.
      """,
    examples: [
      "falconet bisect state.bin.gz --preimages preimages --engine-b portable \\",
      "  --until 600000",
      "falconet bisect state.bin.gz --claims-b claims.txt -- op-program --server",
      "falconet bisect state.bin.gz --vm-program-b cannon -- op-program --server",
      "falconet bisect total.stk --vm-library-a ./libstack.so \\",
      "  --vm-library-b ./libother.so --preimages preimages",
    ])

  @Argument(
    help: ArgumentHelp("Snapshot to start from.", valueName: "snapshot"), completion: .file())
  var argument: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("The same as the argument.", valueName: "snapshot"), completion: .file())
  var flag: String?

  @Option(
    help: ArgumentHelp(
      "Snapshot that side B starts from, if it is a different one.", valueName: "snapshot"),
    completion: .file())
  var inputB: String?

  @OptionGroup(title: "Sides") var sides: BisectSideOptions
  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  @Option(help: ArgumentHelp("The last step to compare.", valueName: "step"))
  var until: GoNumber?

  @Option(
    help: ArgumentHelp(
      "Symbols, as load-elf writes them; empty for none.", valueName: "file"),
    completion: .file())
  var meta = ""

  @Option(
    help: ArgumentHelp("Directory for the proofs; empty for none.", valueName: "directory"),
    completion: .directory)
  var proofs = "."

  @Option(
    help: ArgumentHelp(
      "Directory for temporary snapshots (default: TMPDIR).", valueName: "directory"),
    completion: .directory)
  var work: String?

  @OptionGroup(title: "Limits") var limits: ResourceLimits

  @Flag(help: "Print JSON.")
  var json = false

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    guard argument == nil || flag == nil else {
      throw UsageError("unexpected argument '\(argument ?? "")': --input is given too")
    }
    let input = argument ?? flag ?? ""
    limits.startClock()
    let plan = try sides.plan(input: input, inputB: inputB ?? input, server: server)
    if !proofs.isEmpty {
      var outputs = PlannedOutputs()
      outputs.add(proofName("a", .max), "--proofs")
      try outputs.check()
    }
    let symbols: SymbolTable?
    do { symbols = meta.isEmpty ? nil : try SymbolTable.read(from: Inputs.source(meta)) } catch {
      throw CommandError(error, while: "failed to load metadata")
    }
    var servers: [PreimageHost] = []
    defer { for server in servers { _ = server.shutdown() } }
    do {
      let folder = try WorkDirectory.make(in: work)
      let a = try plan.a.open("A", folder, snapshot, limits, &servers)
      let b = try plan.b.open("B", folder, snapshot, limits, &servers)
      let progress = ProgressLine()
      defer { progress.end() }
      var bisection = try Bisection(a, b)
      var found = BisectProgress()
      bisection.onComparison = { step, isSame in
        found.note(step, isSame)
        progress.show(found.text)
      }
      let outcome = try bisection.find(until: until?.value ?? .max)
      progress.end()
      var divergence: Divergence?
      if case .differs(let last, let first, _, _) = outcome, first - last == 1 {
        divergence = try Divergence(at: last, a, b)
      }
      let files = try save(divergence)
      let report = BisectReport(
        a: a, b: b, outcome: outcome, divergence: divergence, proofs: files, symbols: symbols)
      if json {
        try report.write(to: OutputFile.standard())
      } else {
        try OutputFile.print(report.lines)
      }
    } catch let error as BisectError {
      if case .interrupted = error { throw CommandError.interrupted }
      throw CommandError("failed to bisect: \(error.withFlag)")
    } catch let error as StreamError { throw CommandError(error, while: "failed to bisect") }
  }

  private func proofName(_ side: String, _ step: UInt64) -> String {
    "\(proofs)/bisect-\(side)-\(step).json"
  }

  /// Writes the proofs of the step.
  ///
  /// - Returns: the files, by the names of the sides.
  private func save(_ divergence: Divergence?) throws(StreamError) -> [String: String] {
    guard let divergence, !proofs.isEmpty else { return [:] }
    var files: [String: String] = [:]
    for part in [divergence.a, divergence.b] {
      let path = proofName(part.name.lowercased(), divergence.step)
      if let proof = part.step.proof {
        try proof.save(path: path, Interruption.cancellation)
      } else if let proof = part.step.foreign?.proof {
        try AtomicFile.write(path: path, Interruption.cancellation) {
          (sink) throws(StreamError) in try proof.write(to: sink)
        }
      } else {
        continue
      }
      files[part.name] = path
    }
    return files
  }
}

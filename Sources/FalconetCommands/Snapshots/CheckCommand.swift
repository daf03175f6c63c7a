import ArgumentParser
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "check", usage: "<snapshot> ... [<options>]",
    abstract: "Read and verify all of a snapshot, and report what is wrong and where.",
    discussion: """
      Snapshots that cannot be read are reported and counted separately from bad ones, since \
      nothing is known of them. The exit code is 0 if all snapshots are sound, and 1 if not.
      """,
    examples: ["falconet check state.bin.gz out.bin.gz", "falconet check --json state.bin.gz"])

  @OptionGroup var inputs: InputArguments

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    let inputs = try inputs.paths()
    let output = CheckOutput(json: json)
    do throws(StreamError) {
      try output.begin()
      for input in inputs { try output.add(input, check(input)) }
      try output.end()
    } catch { throw CommandError(error, while: "failed to check") }
    if let summary = output.summary { throw CommandError(summary) }
  }

  private func check(_ input: String) throws(StreamError) -> CheckOutput.Result {
    let counter = PageCounter()
    do throws(StreamError) {
      let format = try Snapshot.read(Inputs.source(input), snapshot.reading(input), into: counter)
      return try counter.result(format, name: input)
    } catch {
      if error.kind == .interrupted { throw error }
      return error.isOfContent ? .bad(error) : .unreadable(error)
    }
  }
}

/// Computes a claim, and counts the pages on the way.
private final class PageCounter: SnapshotConsumer {
  let calculator = ClaimCalculator()
  private(set) var pages = 0

  func begin(_ outline: SnapshotOutline) throws(StreamError) { try calculator.begin(outline) }

  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    pages += 1
    try calculator.page(index, bytes)
  }

  func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError) {
    pages += 1
    try calculator.page(index, bytes, root: root)
  }

  func end(_ state: MachineState) throws(StreamError) { try calculator.end(state) }

  func result(_ format: SnapshotFormat, name: String) throws(StreamError) -> CheckOutput.Result {
    guard let state = calculator.state, let claim = calculator.claim else {
      throw StreamError(.truncated, path: name, message: "the snapshot has no end")
    }
    return .sound(
      CheckOutput.Facts(
        format: format, version: state.version, step: state.scalars.step, pages: pages,
        claim: claim, isVerified: calculator.isVerified))
  }
}

import ArgumentParser
import Falconet

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read and verify all of a snapshot, and say what is wrong and where.")

  @Argument(help: "Snapshots to check; - is standard input.", completion: .file())
  var inputs: [String]

  @OptionGroup var snapshot: SnapshotOptions

  func run() throws {
    var failures = 0
    for input in inputs {
      let counter = PageCounter()
      let result: String
      do throws(CommandError) {
        let format = try snapshot.read(input, into: counter)
        result = try counter.summary(format)
      } catch {
        if case .interrupted = error.cause { throw error }
        failures += 1
        result = "bad: \(error.description)"
      }
      try OutputFile.print(["\(input): \(result)"])
    }
    if failures > 0 {
      throw CommandError("\(failures) of \(inputs.count) snapshots failed the check")
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

  /// What was found, in words.
  func summary(_ format: SnapshotFormat) throws(CommandError) -> String {
    guard let state = calculator.state, let claim = calculator.claim else {
      throw CommandError("it has no end")
    }
    return "ok: \(format.rawValue), version \(state.version.rawValue), step \(state.scalars.step),"
      + " \(pages) pages, claim \(claim)" + (calculator.isVerified ? "" : " unverified")
  }
}

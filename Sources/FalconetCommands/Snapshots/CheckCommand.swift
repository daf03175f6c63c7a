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
      do {
        let format = try snapshot.read(input, into: counter)
        print(line(input, format, counter))
      } catch {
        if case .interrupted = error.cause { throw error }
        failures += 1
        print("\(input): bad: \(error.description)")
      }
    }
    if failures > 0 {
      throw CommandError("\(failures) of \(inputs.count) snapshots failed the check")
    }
  }

  private func line(_ input: String, _ format: SnapshotFormat, _ counter: PageCounter) -> String {
    guard let state = counter.calculator.state, let claim = counter.calculator.claim else {
      return "\(input): bad: it has no end"
    }
    return "\(input): ok: \(format.rawValue), version \(state.version.rawValue),"
      + " step \(state.scalars.step), \(counter.pages) pages, claim \(claim)"
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

  func end(_ state: MachineState) throws(StreamError) { try calculator.end(state) }
}

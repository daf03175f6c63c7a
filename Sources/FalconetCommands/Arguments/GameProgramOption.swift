import ArgumentParser
import FalconetOracle
import FalconetStreams

extension GameProgram: ExpressibleByArgument {}

/// Which program's names local inputs have, and what they stand for.
struct GameProgramOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Program that reads the local inputs: names them, and checks their widths.",
      valueName: "guest"))
  var program: GameProgram?

  /// More than any configuration has, and than any host sends.
  private static let fileLimit: UInt64 = 64 << 20

  /// The inputs that the values of a flag describe.
  func inputs(_ texts: [String]) throws(UsageError) -> [UInt64: [UInt8]] {
    do {
      return try LocalInputs.parse(texts, program: program) { path throws(StreamError) in
        try ByteReader(Inputs.source(path)).readAll(limit: Self.fileLimit)
      }
    } catch { throw UsageError("\(error)") }
  }
}

import FalconetBisect
import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTrace
import Keccak
import Testing

@testable import FalconetCommands

@Suite("The flags that errors of the library are printed with")
struct FlagAdviceTests {
  static let preimages: [(PreimageError, String)] = [
    (PreimageError(.noSource, message: "m", remedy: "give one"), "with --preimages, or a server's"),
    (PreimageError(.stalled, message: "m", remedy: "allow more"), "with --preimage-timeout"),
    (PreimageError(.hintLimit, message: "m", remedy: "raise it"), "with --hint-limit"),
    (
      PreimageError(.missing, key: PreimageKey.local(4), message: "m", remedy: "give it"),
      "give it with --local 4=HEX"
    ),
    (
      PreimageError(.missing, key: Bytes32(), message: "m", remedy: "record it"),
      "record it with --record-preimages"
    ),
  ]

  @Test("A missing pre-image, wherever it is missing", arguments: preimages)
  func preimage(_ error: PreimageError, _ text: String) {
    #expect("\(error.withFlag)".contains(text))
    let machine = MachineError.preimage(error, step: 1, pc: 2)
    #expect("\(machine.withFlag)".contains(text))
    #expect("\(TraceError.source(error).withFlag)".contains(text))
    #expect("\(TraceError.machine(machine).withFlag)".contains(text))
    #expect("\(BisectError.run(side: "A", machine).withFlag)".contains(text))
  }

  @Test("A missing base and an undecided format")
  func snapshot() {
    let base = StreamError(.notFound, message: "m", remedy: "name it", missing: .base)
    #expect("\(base.withFlag)".hasSuffix("name it with --base"))
    #expect("\(TraceError.file(base).withFlag)".hasSuffix("name it with --base"))
    #expect("\(BisectError.file(base).withFlag)".hasSuffix("name it with --base"))
    let format = StreamError(.unsupported, message: "m", remedy: "say which", missing: .format)
    #expect("\(format.withFlag)".hasSuffix("say which with --from"))
  }

  @Test("An error that no flag helps stays as it is")
  func others() {
    let missing = PreimageError(.missing, key: PreimageKey.local(1), message: "m")
    #expect("\(missing.withFlag)" == "\(missing)")
    let wrong = PreimageError(.wrong, message: "m", remedy: "r")
    #expect("\(wrong.withFlag)" == "\(wrong)")
    let file = StreamError(.corrupt, message: "m", remedy: "r")
    #expect(file.withFlag == file)
  }
}

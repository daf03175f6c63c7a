import FalconetELF
import FalconetMachine
import Testing

/// The error that `body` throws, which must be one of this loader's.
func elfError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> ELFError {
  do {
    try body()
  } catch let error as ELFError {
    return error
  }
  Issue.record("no error was thrown", sourceLocation: sourceLocation)
  throw NothingThrown()
}

struct NothingThrown: Error {}

extension Memory {
  /// `count` bytes from `address` on.
  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    read(into: &bytes, from: address, count: count)
    return bytes
  }
}

extension WordSize {
  /// The last state version of this word size.
  var version: StateVersion { self == .bits32 ? .v5 : .v8 }
}

let wordSizes: [WordSize] = [.bits32, .bits64]

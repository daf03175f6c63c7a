import FalconetMachine
import Keccak
import Testing

/// The error that asking for `key` throws, or nil with an issue if it throws none.
func rejection(
  by oracle: some PreimageOracle, for key: Bytes32,
  sourceLocation: SourceLocation = #_sourceLocation
) -> PreimageError? {
  var oracle = oracle
  do throws(PreimageError) {
    let preimage = try oracle.preimage(for: key)
    Issue.record("gave \(preimage.count) bytes", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

/// The error that `body` throws, or nil with an issue if it throws none.
func failure<Failure: Error>(
  _ body: () throws(Failure) -> Void, sourceLocation: SourceLocation = #_sourceLocation
) -> Failure? {
  do throws(Failure) {
    try body()
    Issue.record("threw no error", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

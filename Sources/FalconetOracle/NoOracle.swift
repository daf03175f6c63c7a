import FalconetMachine
import Keccak

/// No source at all: hints are dropped, and the first pre-image that is asked for is an error.
///
/// It fits guests that need no input from outside.
public struct NoOracle: PreimageOracle, Sendable {
  public init() {}

  /// - Throws: ``PreimageError`` of kind `noSource`, always.
  public func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    throw PreimageError(
      .noSource, key: key,
      message: "the guest asked for a pre-image, and the run has no source of pre-images",
      remedy: "give a host command after --, or a folder with --preimages")
  }

  public func hint(_ hint: [UInt8]) throws(PreimageError) {}
}

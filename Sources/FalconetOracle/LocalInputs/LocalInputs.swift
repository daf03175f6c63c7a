import FalconetMachine
import FalconetStreams
import Keccak

/// Answers the local inputs that it was given, and asks another source for everything else.
///
/// Hosts don't store local inputs (key type 1) with the other pre-images, so that a run from a
/// stored folder needs them from here.
package struct LocalInputs: PreimageOracle {
  /// The values of the local inputs, by index.
  package var values: [UInt64: [UInt8]]

  /// The source of everything else, and of local inputs that are not in ``values``.
  package var source: any PreimageOracle

  private let activity: PreimageActivity?

  package init(
    _ values: [UInt64: [UInt8]], source: any PreimageOracle, activity: PreimageActivity? = nil
  ) {
    self.activity = activity
    self.values = values
    self.source = source
  }

  /// - Throws: what the source throws; nothing for an input in ``values``.
  package mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let index = PreimageKey.localIndex(of: key), let value = values[index] {
      activity?.served(key, value.count, from: .memory)
      return value
    }
    return try source.preimage(for: key)
  }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package mutating func flush() throws(PreimageError) { try source.flush() }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
  }
}

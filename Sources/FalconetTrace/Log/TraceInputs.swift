import FalconetMachine
import FalconetOracle
import Keccak

/// How a log names the inputs of a trace.
enum TraceInputs {
  static let keyType = PreimageKeyType.local.rawValue

  static func isLocal(_ key: Bytes32) -> Bool { key[0] == keyType }

  /// The hash of a local pre-image as the log has it.
  static func hash(_ value: [UInt8]) -> Bytes32 {
    ClaimRecord(.value, 0, Keccak256.hash(value)).claim
  }

  /// The hash of a source: of its identity, and of which local inputs it is given in front of it.
  static func hash(source identity: [UInt8], locals: some Sequence<UInt64>) -> Bytes32 {
    var text = UInt64(identity.count).bigEndianBytes + identity
    for index in locals.sorted() { text += index.bigEndianBytes }
    return ClaimRecord(.source, 0, Keccak256.hash(text)).claim
  }

  /// A key as an error names it.
  static func name(_ key: Bytes32) -> String {
    PreimageKey.localIndex(of: key).map { "local key \($0)" } ?? "local key \(key)"
  }
}

internal import FalconetMachine
internal import FalconetOracle
internal import Keccak

/// The key of a pre-image: 32 bytes, the first of which is the type.
public struct PreimageKey: Hashable, Sendable, LosslessStringConvertible {
  let value: Bytes32

  init(_ value: Bytes32) { self.value = value }

  /// A key from its bytes, or nil if there are not 32 of them.
  public init?(bytes: some Collection<UInt8>) {
    guard let value = Bytes32(bytes) else { return nil }
    self.value = value
  }

  /// A key from 64 hexadecimal digits, with or without `0x`, or nil.
  public init?(_ description: String) {
    guard let value = Bytes32(hex: description) else { return nil }
    self.value = value
  }

  /// The key of a local input: type 1.
  public static func local(_ index: UInt64) -> PreimageKey {
    PreimageKey(FalconetOracle.PreimageKey.local(index))
  }

  /// The key of a pre-image by its Keccak-256 hash: type 2.
  public static func keccak256(of preimage: [UInt8]) -> PreimageKey {
    PreimageKey(FalconetOracle.PreimageKey.keccak256(of: preimage))
  }

  /// The key of a pre-image by its SHA-256 hash: type 4.
  public static func sha256(of preimage: [UInt8]) -> PreimageKey {
    PreimageKey(FalconetOracle.PreimageKey.sha256(of: preimage))
  }

  /// The 32 bytes. The first is the type: 1 local, 2 Keccak-256, 4 SHA-256, 5 blob, 6 precompile.
  public var bytes: [UInt8] { value.bytes }

  /// `0x` and 64 hexadecimal digits.
  public var description: String { "\(value)" }
}

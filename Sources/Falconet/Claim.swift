internal import FalconetMachine
internal import Keccak

/// A commitment to a state: Keccak-256 of the state's witness, with the first byte replaced by the VM's
/// status.
///
/// ```swift
/// let claim = machine.claim()
/// print(claim, claim.status)          // 0x03…, unfinished
/// ```
public struct Claim: Hashable, Sendable, LosslessStringConvertible {
  let value: Bytes32

  init(_ value: Bytes32) { self.value = value }

  /// A claim from its bytes, or nil if there are not 32 of them.
  public init?(bytes: some Collection<UInt8>) {
    guard let value = Bytes32(bytes) else { return nil }
    self.value = value
  }

  /// A claim from 64 hexadecimal digits, with or without `0x`, or nil.
  public init?(_ description: String) {
    guard let value = Bytes32(hex: description) else { return nil }
    self.value = value
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { value.bytes }

  /// The status in the first byte, or nil if the byte is none.
  public var status: VMStatus? { VMStatus(rawValue: value[0]) }

  /// `0x` and 64 hexadecimal digits.
  public var description: String { "\(value)" }
}

/// The status of a program: the first byte of a claim.
///
/// The protocol defines the values; no more will be added.
@frozen
public enum VMStatus: UInt8, Sendable {
  /// The program exited with code 0: the disputed claim is valid.
  case valid = 0
  /// The program exited with code 1: the disputed claim is invalid.
  case invalid = 1
  /// The program exited with any other code.
  case panic = 2
  /// The program has not exited.
  case unfinished = 3
}

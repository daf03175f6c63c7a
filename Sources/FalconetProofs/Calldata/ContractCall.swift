import FalconetStreams
import Keccak

/// A call of a contract's function with its arguments (Solidity contract ABI specification).
package struct ContractCall: Sendable, Equatable {
  /// An argument's value.
  package enum Value: Sendable, Equatable {
    /// `uint256`, or with another name of its type, any unsigned integer below 2^64.
    case number(UInt64)
    /// `uint256` or `bytes32`, as 32 bytes.
    case word(Bytes32)
    /// `address`: 20 bytes.
    case address(EthereumAddress)
    /// `bytes`.
    case bytes([UInt8])
  }

  /// An argument with its name and its type.
  package struct Argument: Sendable, Equatable {
    package var name: String
    package var type: String
    package var value: Value

    init(_ name: String, _ type: String, _ value: Value) {
      self.name = name
      self.type = type
      self.value = value
    }
  }

  /// The function's name.
  package let name: String
  package let arguments: [Argument]

  init(_ name: String, _ arguments: [Argument]) {
    self.name = name
    self.arguments = arguments
  }

  /// The name with the types of the arguments, as the selector is the hash of:
  /// `step(bytes,bytes,bytes32)`.
  package var signature: String {
    "\(name)(\(arguments.map(\.type).joined(separator: ",")))"
  }

  /// The first four bytes of the signature's Keccak-256.
  package var selector: [UInt8] {
    Array(Keccak256.hash(Array(signature.utf8)).bytes.prefix(4))
  }

  /// The selector and the encoded arguments.
  ///
  /// Each argument takes 32 bytes of the head. That of `bytes` is the place of its length, counted
  /// from the head's start; the length and the bytes, filled up to a multiple of 32, follow the
  /// head.
  package var data: [UInt8] {
    var head: [UInt8] = []
    var tail: [UInt8] = []
    for argument in arguments {
      switch argument.value {
      case .number(let number): head += Self.word(number)
      case .word(let word): head += word.bytes
      case .address(let address): head += [UInt8](repeating: 0, count: 12) + address.bytes
      case .bytes(let bytes):
        head += Self.word(UInt64(32 * arguments.count + tail.count))
        tail += Self.word(UInt64(bytes.count)) + bytes
        tail += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
      }
    }
    return selector + head + tail
  }

  private static func word(_ number: UInt64) -> [UInt8] {
    unsafe [UInt8](repeating: 0, count: 24)
      + withUnsafeBytes(of: number.bigEndian) { unsafe Array($0) }
  }
}

extension ContractCall.Value {
  /// The value as text: a number in decimal, anything else in hexadecimal.
  package var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .word(let word): "\(word)"
    case .address(let address): "\(address)"
    case .bytes(let bytes): Hex.encode(bytes, prefix: true)
    }
  }
}

/// The address of an account or contract: 20 bytes.
package struct EthereumAddress: Sendable, Equatable, CustomStringConvertible {
  package let bytes: [UInt8]

  /// Nil if there are not exactly 20 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 20 else { return nil }
    self.bytes = bytes
  }

  /// 40 hexadecimal digits of either case, with or without a leading `0x`. Upper and lower case are
  /// not checked as a checksum.
  package init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes)
  }

  /// Lower-case hexadecimal with a leading `0x`.
  package var description: String { Hex.encode(bytes, prefix: true) }
}

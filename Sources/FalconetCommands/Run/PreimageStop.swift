import FalconetMachine
import FalconetStreams
import Logging

/// After which reads of a pre-image a run stops.
package struct PreimageStop: Equatable {
  /// The first bytes of the key; empty matches none.
  package private(set) var prefix: [UInt8] = []
  /// Where the read must start, counted from the length prefix.
  package private(set) var offset: UInt64 = 0
  /// The first step that counts.
  package private(set) var step: UInt64 = 0
  package private(set) var isAny = false
  /// Stop at pre-images whose length with prefix is greater; 0 is off.
  package private(set) var sizeLimit: UInt64 = 0

  /// From the three flags; nil if none asks for a stop.
  package init?(flag: String?, type: String?, largerThan: UInt64) throws(UsageError) {
    sizeLimit = largerThan
    if let flag, !flag.isEmpty {
      let parts = flag.split(separator: "@", omittingEmptySubsequences: false)
      guard parts.count <= 3, let prefix = Self.bytes(parts[0]), !prefix.isEmpty else {
        throw UsageError(
          "invalid stop-at-preimage: \"\(flag)\": use KEYPREFIX[@OFFSET[@STEP]], with the key"
            + " in hexadecimal")
      }
      self.prefix = prefix
      if parts.count > 1 { offset = try Self.number(parts[1], "offset") }
      if parts.count > 2 { step = try Self.number(parts[2], "step") }
    } else {
      switch type ?? "" {
      case "": break
      case "any": isAny = true
      case "local": prefix = [PreimageKeyType.local.rawValue]
      case "keccak": prefix = [PreimageKeyType.keccak256.rawValue]
      case "sha256": prefix = [PreimageKeyType.sha256.rawValue]
      case "blob": prefix = [PreimageKeyType.blob.rawValue]
      case "precompile": prefix = [PreimageKeyType.precompile.rawValue]
      case let other:
        throw UsageError(
          "invalid preimage type \"\(other)\": local, keccak, sha256, blob, precompile or any")
      }
    }
    if !isAny, prefix.isEmpty, sizeLimit == 0 { return nil }
  }

  /// Bytes in hexadecimal with or without `0x`; a missing first digit is 0.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    var digits = text
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { digits = digits.dropFirst(2) }
    guard digits.count <= 64 else { return nil }
    return Hex.decode((digits.count % 2 == 1 ? "0" : "") + digits)
  }

  private static func number(_ text: Substring, _ what: String) throws(UsageError) -> UInt64 {
    // Swift's parser would take a sign.
    guard text.first?.isNumber == true, let number = UInt64(text) else {
      throw UsageError("invalid preimage \(what): \"\(text)\"")
    }
    return number
  }

  /// Why the run stops after `read`, which step `step` did; nil if it continues.
  ///
  /// As in Cannon's newest: with a key and a size both must hold, and then neither offset nor step
  /// counts.
  package func reason(for read: PreimageRead, step: UInt64) -> Logger.Metadata? {
    if isAny { return [:] }
    let hasKey = !prefix.isEmpty && read.key.bytes.starts(with: prefix)
    guard prefix.isEmpty || hasKey else { return nil }
    guard sizeLimit == 0 else {
      guard UInt64(read.value.count) > sizeLimit else { return nil }
      let size: Logger.Metadata = [
        "size": .stringConvertible(read.value.count), "min": .stringConvertible(sizeLimit),
      ]
      return hasKey ? size.merging(["keyPrefix": "\(Hex.encode(prefix))"]) { $1 } : size
    }
    guard hasKey, read.offset == offset, step >= self.step else { return nil }
    return [
      "keyPrefix": "\(Hex.encode(prefix))", "offset": .stringConvertible(read.offset),
      "step": .stringConvertible(step),
    ]
  }
}

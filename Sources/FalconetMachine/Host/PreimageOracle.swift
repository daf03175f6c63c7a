import Keccak

/// Where a machine gets its pre-images from, and sends its hints to.
///
/// A machine asks for a pre-image once each time the guest writes another key, and sends every hint
/// the guest writes, in order. Both calls may block; neither may return a pre-image that is not the
/// key's.
///
/// ```swift
/// struct Greeting: PreimageOracle {
///   func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] { Array("hello".utf8) }
///   func hint(_ hint: [UInt8]) throws(PreimageError) {}
/// }
/// ```
package protocol PreimageOracle {
  /// The whole pre-image of `key`, without a length prefix.
  ///
  /// - Parameter key: the typed key; its first byte is the type (``PreimageKeyType``).
  /// - Throws: ``PreimageError`` if it is missing, late, or not the key's.
  mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8]

  /// Takes one hint, without its length prefix, and returns once the host has dealt with it.
  mutating func hint(_ hint: [UInt8]) throws(PreimageError)

  /// Takes one hint that is too long to be held in memory, as ``hint(_:)`` does.
  mutating func longHint(_ hint: LongHint) throws(PreimageError)

  /// Whether hints matter to the source. If not, long ones need not be handed to it.
  var takesHints: Bool { get }

  /// Completes what the source does beside answering, such as files that it writes. Requests may
  /// follow.
  mutating func flush() throws(PreimageError)
}

extension PreimageOracle {
  /// Bytes of a hint that are put together for a source that takes none in parts.
  private static var longestHint: Int { 1 << 30 }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    guard hint.count <= Self.longestHint else {
      throw PreimageError(
        .unreadable,
        message:
          "a hint of \(hint.count) bytes is longer than the source takes, \(Self.longestHint)")
    }
    try self.hint(hint.bytes(0..<hint.count))
  }

  package var takesHints: Bool { true }

  package mutating func flush() throws(PreimageError) {}
}

/// The first byte of a pre-image key.
package enum PreimageKeyType: UInt8, Sendable, CaseIterable {
  /// An input of this run, by index: `1`, 23 zero bytes, the index in 8 bytes, big-endian.
  case local = 1
  /// Keccak-256 of the pre-image, its first byte replaced by the type.
  case keccak256 = 2
  /// Reserved by the protocol; no host serves it.
  case global = 3
  /// SHA-256 of the pre-image, its first byte replaced by the type.
  case sha256 = 4
  /// A field element of a blob.
  case blob = 5
  /// The result of a precompiled contract.
  case precompile = 6

  /// What a key says in words: its type, and of a local input the index.
  package static func describe(_ key: Bytes32) -> String {
    switch Self(rawValue: key[0]) {
    case .local:
      (1..<24).allSatisfy { key[$0] == 0 } ? "local \(key.bytes[24...].bigEndian)" : "local"
    case .keccak256: "keccak256"
    case .global: "global"
    case .sha256: "sha256"
    case .blob: "blob"
    case .precompile: "precompile"
    case nil: "type \(key[0])"
    }
  }
}

/// Why a pre-image was not available, or a hint not delivered.
///
/// Always an operational fault of the host or of its data, never of the guest: a run that meets one
/// has no result, and says nothing about the claim.
package struct PreimageError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  package enum Kind: Sendable, Equatable {
    /// The source has no pre-image for the key.
    case missing
    /// The pre-image that the source gave is not the key's.
    case wrong
    /// The source did not answer in time.
    case stalled
    /// The source ended, or closed its channel, or answered short.
    case disconnected
    /// The source's data could not be read or written.
    case unreadable
    /// The machine was started with no source at all.
    case noSource
    /// The guest has more bytes of hints for the source at once than `Machine.hintLimit`.
    case hintLimit
    /// The run was interrupted while it waited for the source.
    case interrupted
  }

  package var kind: Kind
  /// The key that was asked for, if it was a pre-image that failed.
  package var key: Bytes32?
  /// Where the part begins that the program read, counted from the length prefix, if it is known.
  package var offset: UInt64?
  /// The system call that asked for it, if it is known.
  package var systemCall: String?
  /// The last hint that was sent before, as the host would log it.
  package var lastHint: [UInt8]?
  /// What happened, in words: one sentence without a full stop.
  package var message: String
  /// What the user can do about it: one sentence without a full stop.
  package var remedy: String?

  package init(
    _ kind: Kind, key: Bytes32? = nil, lastHint: [UInt8]? = nil, message: String,
    remedy: String? = nil
  ) {
    self.kind = kind
    self.key = key
    self.lastHint = lastHint
    self.message = message
    self.remedy = remedy
  }

  package var description: String {
    var text = message
    if let request { text += " (\(request))" }
    if let lastHint { text += ", last hint \(Self.render(lastHint))" }
    if let remedy { text += ": \(remedy)" }
    return text
  }

  /// What was asked for: the key with its type, the offset, the system call.
  package var request: String? {
    var parts: [String] = []
    if let key { parts += ["key \(key)", PreimageKeyType.describe(key)] }
    if key != nil, let offset { parts.append("offset \(offset)") }
    if let systemCall { parts.append("system call \(systemCall)") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// Printable text as it is, anything else in hexadecimal, cut after 256 bytes.
  package static func render(_ hint: [UInt8]) -> String {
    let shown = hint.prefix(256)
    let tail = hint.count > 256 ? "… (\(hint.count) bytes)" : ""
    if shown.allSatisfy({ (0x20...0x7E).contains($0) }) {
      return "\"" + String(decoding: shown, as: UTF8.self) + "\"" + tail
    }
    let digits = Array("0123456789abcdef")
    return "0x" + String(shown.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + tail
  }
}

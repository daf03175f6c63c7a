import FalconetStreams

/// What a client sent, taken out of a stream of bytes: packets, acknowledgements and interrupts of gdb's
/// remote serial protocol.
///
/// Memory is bounded whatever the client sends: a packet that is too long is discarded up to its end.
struct PacketReader {
  enum Event: Equatable {
    /// A packet's contents, without escapes.
    case packet([UInt8])
    /// A packet with a wrong checksum, which the client is to send again.
    case corrupt
    /// A packet of more bytes than are accepted.
    case tooLong
    /// The client did not understand the last answer.
    case retransmission
    /// The client wants the program to stop.
    case interrupt
  }

  private enum State {
    case idle
    case contents
    case firstDigit
    case secondDigit(UInt8?)
  }

  /// Bytes of a packet's contents that are accepted, escapes included.
  let limit: Int
  private var state = State.idle
  private var contents: [UInt8] = []
  private var sum: UInt8 = 0
  private var isTooLong = false

  init(limit: Int) { self.limit = limit }

  /// Takes one byte, and returns what it completes.
  mutating func take(_ byte: UInt8) -> Event? {
    switch state {
    case .idle: return takeIdle(byte)
    case .contents:
      switch byte {
      case UInt8(ascii: "#"): state = .firstDigit
      // A client that lost its place begins another packet.
      case UInt8(ascii: "$"): begin()
      default:
        sum &+= byte
        if contents.count < limit { contents.append(byte) } else { isTooLong = true }
      }
    case .firstDigit: state = .secondDigit(Hex.value(of: byte))
    case .secondDigit(let high):
      state = .idle
      guard let high, let low = Hex.value(of: byte), high << 4 | low == sum else {
        return .corrupt
      }
      return isTooLong ? .tooLong : .packet(Self.unescaped(contents))
    }
    return nil
  }

  private mutating func takeIdle(_ byte: UInt8) -> Event? {
    switch byte {
    case UInt8(ascii: "$"):
      begin()
      return nil
    case UInt8(ascii: "-"): return .retransmission
    case 3: return .interrupt
    // Acknowledgements, and what lies between packets.
    default: return nil
    }
  }

  private mutating func begin() {
    state = .contents
    contents.removeAll(keepingCapacity: true)
    sum = 0
    isTooLong = false
  }

  private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "}")) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        result.append(byte ^ 0x20)
        isEscaped = false
      } else if byte == UInt8(ascii: "}") {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    return result
  }
}

/// Packets to a client.
enum PacketWriter {
  /// A packet with its checksum.
  static func packet(_ contents: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "$")]
    bytes.reserveCapacity(contents.count + 4)
    var sum: UInt8 = 0
    for byte in contents {
      sum &+= byte
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "#"))
    bytes += Hex.encode([sum]).utf8
    return bytes
  }

  /// Any bytes with escapes, cut to what fits into `limit` bytes.
  ///
  /// - Returns: the escaped bytes, and how many of `bytes` they are.
  static func escaped(
    _ bytes: some Collection<UInt8>, limit: Int
  ) -> (bytes: [UInt8], count: Int) {
    var result: [UInt8] = []
    var count = 0
    for byte in bytes {
      let isSpecial = "$#}*".utf8.contains(byte)
      guard result.count + (isSpecial ? 2 : 1) <= limit else { break }
      if isSpecial {
        result.append(UInt8(ascii: "}"))
        result.append(byte ^ 0x20)
      } else {
        result.append(byte)
      }
      count += 1
    }
    return (result, count)
  }
}

/// Numbers and bytes as the protocol writes them: in hexadecimal, without a prefix.
enum Hexadecimal {
  /// A number of `count` bytes, big-endian as the guest has it.
  static func text(_ value: UInt64, bytes count: Int) -> String {
    Hex.encode(
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) })
  }

  /// A number without leading zeros.
  static func number(_ value: UInt64) -> String { String(value, radix: 16) }

  /// A number of at most 64 bits; nil if it is none.
  static func number(_ text: Substring) -> UInt64? {
    guard !text.isEmpty, text.utf8.count <= 16 else { return nil }
    var result: UInt64 = 0
    for digit in text.utf8 {
      guard let value = Hex.value(of: digit) else { return nil }
      result = result << 4 | UInt64(value)
    }
    return result
  }

  /// Bytes of two digits each; nil if they are none.
  static func bytes(_ text: Substring) -> [UInt8]? { Hex.decode(digits: Array(text.utf8)[...]) }
}

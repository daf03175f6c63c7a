import Keccak

/// The pre-image of the key that was asked for last.
struct PreimageCache {
  /// The key; 32 zero bytes, whose pre-image is empty, before the first.
  var key = Bytes32()
  /// The pre-image with its length in 8 bytes, big-endian, in front; empty before the first.
  var bytes: [UInt8] = []
}

/// A read of part of a pre-image by one step.
public struct PreimageRead: Sendable, Equatable {
  public var key: Bytes32
  /// Where the part starts, counted from the length prefix.
  public var offset: UInt64
  /// The pre-image with its length in 8 bytes, big-endian, in front.
  public var value: [UInt8]

  public init(key: Bytes32, offset: UInt64, value: [UInt8]) {
    self.key = key
    self.offset = offset
    self.value = value
  }

  /// The eight bytes from the offset on, left-aligned, and how many of them there are; nil where
  /// the offset is past the end.
  var part: (bytes: UInt64, count: UInt64)? {
    guard offset < UInt64(value.count) else { return nil }
    let part = value[Int(offset)...].prefix(8)
    let bytes = part.reduce(0) { $0 << 8 | UInt64($1) }
    return (bytes << (8 * UInt64(8 - part.count)), UInt64(part.count))
  }
}

extension Machine {
  /// Bytes of hints that may be unfinished, and of one hint. The protocol allows 4 GiB; no guest
  /// writes hints of more than some hundred bytes.
  private static var hintLimit: Int { 1 << 26 }
  /// Bytes of one write to standard output or error that are shown.
  private static var outputLimit: UInt64 { 1 << 26 }

  public func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64) {
    let key = state.scalars.preimageKey
    if key != preimage.key { try fetchPreimage(key) }
    let offset = state.scalars.preimageOffset
    let read = PreimageRead(key: key, offset: offset, value: preimage.bytes)
    guard let part = read.part else {
      throw .panic(.preimageOffset(offset, length: UInt64(preimage.bytes.count)))
    }
    lastRead = read
    return part
  }

  private func fetchPreimage(_ key: Bytes32) throws(StepError) {
    let data = try ask(key)
    check?.note(key, data)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + data.count)
    withUnsafeBytes(of: UInt64(data.count).bigEndian) { bytes.append(contentsOf: $0) }
    bytes += data
    preimage = PreimageCache(key: key, bytes: bytes)
    statistics.preimageRequests += 1
    statistics.preimageBytes += UInt64(data.count)
  }

  /// Asks the oracle. A state may begin with whole hints that a host must get again: they are sent
  /// first, and stay in the state until the pre-image is here.
  private func ask(_ key: Bytes32) throws(StepError) -> [UInt8] {
    let before = state.lastHint
    try sendHints()
    do { return try oracle.preimage(for: key) } catch {
      state.lastHint = before
      throw .preimage(error)
    }
  }

  public func writeHint(at address: UInt64, count: UInt64) throws(StepError) {
    guard let size = Int(exactly: count), size <= Self.hintLimit - state.lastHint.count else {
      throw .preimage(
        PreimageError(
          .unreadable,
          message: "the program writes \(count) bytes of hints at once, past the limit of"
            + " \(Self.hintLimit) bytes for unfinished hints"))
    }
    let before = state.lastHint
    memory.read(into: &state.lastHint, from: address, count: size)
    do { try sendHints() } catch {
      state.lastHint = before
      throw error
    }
  }

  /// Sends all whole hints of the buffer; what follows them stays.
  private func sendHints() throws(StepError) {
    var start = 0
    while state.lastHint.count - start >= 4 {
      var length = 0
      for byte in state.lastHint[start..<start + 4] { length = length << 8 | Int(byte) }
      guard length <= state.lastHint.count - start - 4 else { break }
      let end = start + 4 + length
      do { try oracle.hint(Array(state.lastHint[start + 4..<end])) } catch {
        throw .preimage(error)
      }
      start = end
    }
    state.lastHint.removeFirst(start)
  }

  public func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64) {
    var left = min(count, Self.outputLimit)
    var position = address
    while left > 0 {
      let size = min(left, 4096 - position & 0xFFF)
      var bytes: [UInt8] = []
      memory.read(into: &bytes, from: position, count: Int(size))
      onOutput(stream, bytes)
      position = (position &+ size) & rules.wordSize.mask
      left -= size
    }
  }
}

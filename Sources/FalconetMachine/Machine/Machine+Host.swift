import Keccak

/// The pre-image of the key that was asked for last.
struct PreimageCache {
  /// The key; 32 zero bytes, whose pre-image is empty, before the first.
  var key = Bytes32()
  /// The pre-image with its length in 8 bytes, big-endian, in front; empty before the first.
  var bytes: [UInt8] = []
}

/// A read of part of a pre-image by one step.
package struct PreimageRead: Sendable, Equatable {
  package var key: Bytes32
  /// Where the part starts, counted from the length prefix.
  package var offset: UInt64
  /// The pre-image with its length in 8 bytes, big-endian, in front.
  package var value: [UInt8]

  package init(key: Bytes32, offset: UInt64, value: [UInt8]) {
    self.key = key
    self.offset = offset
    self.value = value
  }

  /// The eight bytes from the offset on, or fewer at the end; none if the offset is past the end.
  package var bytes: ArraySlice<UInt8> {
    offset < UInt64(value.count) ? value[Int(offset)...].prefix(8) : []
  }

  /// The eight bytes from the offset on, left-aligned, and how many of them there are; nil if
  /// the offset is past the end.
  var part: (bytes: UInt64, count: UInt64)? { Self.part(of: value, at: offset) }

  /// The same of a pre-image with its length in front.
  static func part(of value: [UInt8], at offset: UInt64) -> (bytes: UInt64, count: UInt64)? {
    guard offset < UInt64(value.count) else { return nil }
    let start = Int(offset)
    let count = min(8, value.count - start)
    var bytes: UInt64 = 0
    for index in start..<start + count { bytes = bytes << 8 | UInt64(value[index]) }
    return (bytes << UInt64(8 * (8 - count)), UInt64(count))
  }
}

extension Machine {
  /// Bytes of one write to standard output or error that are shown.
  private static var outputLimit: UInt64 { 1 << 26 }

  package func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64) {
    let key = state.scalars.preimageKey
    if key != preimage.key { try fetchPreimage(key) }
    let offset = state.scalars.preimageOffset
    guard let part = PreimageRead.part(of: preimage.bytes, at: offset) else {
      throw .panic(.preimageOffset(offset, length: UInt64(preimage.bytes.count), key: key))
    }
    lastReadOffset = offset
    return part
  }

  private func fetchPreimage(_ key: Bytes32) throws(StepError) {
    let data = try ask(key)
    check?.record(key, data)
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
    do throws(PreimageError) {
      if !before.isEmpty { try acceptHints(HintStream(before, memory, at: 0, count: 0)) }
      return try oracle.preimage(for: key)
    } catch {
      state.lastHint = before
      throw .preimage(error)
    }
  }

  /// Hands out all hints that are whole now; what follows them waits for the next write.
  ///
  /// The state after the step depends on none of it. Time and memory are bounded: a source that takes
  /// hints gets what ``hintLimit`` allows; for one that takes none, pages that don't exist are passed
  /// over, and what waits is less than 4 GiB.
  package func writeHint(at address: UInt64, count: UInt64) throws(StepError) {
    do throws(PreimageError) {
      try acceptHints(HintStream(state.lastHint, memory, at: address, count: count))
    } catch { throw .preimage(error) }
  }

  private func acceptHints(_ stream: HintStream) throws(PreimageError) {
    let rest = try sendHints(stream)
    state.lastHint = try stored { () throws(HintStorageError) in try stream.rest(from: rest) }
  }

  /// Hands out all whole hints.
  ///
  /// - Returns: where what follows them begins.
  private func sendHints(_ stream: HintStream) throws(PreimageError) -> UInt128 {
    let isTaken = oracle.takesHints
    guard !isTaken || stream.count <= UInt128(hintLimit) else {
      throw PreimageError(
        .hintLimit,
        message: "the program has \(stream.count) bytes of hints for the host at once, and the"
          + " limit is \(hintLimit)", remedy: "raise the limit of hints")
    }
    var start: UInt128 = 0
    var turns = 0
    while stream.count - start >= 4 {
      let place = start
      let length = UInt128(
        try stored { () throws(HintStorageError) in try stream.length(at: place) })
      guard length <= stream.count - start - 4 else { break }
      turns &+= 1
      if turns & 0xFFF == 0, shouldInterrupt() {
        throw PreimageError(.interrupted, message: "the run was interrupted")
      }
      // Four zeros are a hint of no bytes.
      let absent = isTaken ? 0 : stream.absentBytes(at: start) & ~3
      if absent > 0 {
        start += absent
        continue
      }
      try send(stream, from: start + 4, Int(length), isTaken: isTaken)
      start += 4 + length
    }
    return start
  }

  private func send(
    _ stream: HintStream, from start: UInt128, _ count: Int, isTaken: Bool
  ) throws(PreimageError) {
    if count <= PendingHint.memoryLimit {
      try oracle.hint(
        stored { () throws(HintStorageError) in try stream.bytes(start, count) })
    } else if isTaken {
      try oracle.longHint(LongHint(stream, from: start, count: count))
    }
  }

  private func stored<Value>(
    _ body: () throws(HintStorageError) -> Value
  ) throws(PreimageError) -> Value {
    do { return try body() } catch { throw PreimageError(storing: error) }
  }

  package func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64) {
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

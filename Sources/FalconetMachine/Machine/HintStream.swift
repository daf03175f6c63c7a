/// The bytes of hints that were not whole yet, followed by those that the guest writes now: parsed
/// where they are, whatever their number is.
struct HintStream {
  private let pending: PendingHint
  private let memory: Memory
  private let address: UInt64
  /// All bytes. Those in memory may be 2^64 - 1.
  let count: UInt128
  /// The pages that exist, ascending, if the write is long enough for gaps between them to matter.
  private let pages: [UInt64]

  init(_ pending: PendingHint, _ memory: Memory, at address: UInt64, count: UInt64) {
    self.pending = pending
    self.memory = memory
    self.address = address
    self.count = UInt128(pending.count) + UInt128(count)
    pages = count > 1 << 16 ? memory.pageIndices : []
  }

  /// The length that a hint at a position begins with. Four bytes must follow.
  func length(at position: UInt128) throws(HintStorageError) -> UInt32 {
    UInt32(try bytes(position, 4).bigEndian)
  }

  /// `count` bytes from a position on.
  func bytes(_ position: UInt128, _ count: Int) throws(HintStorageError) -> [UInt8] {
    var bytes: [UInt8] = []
    let before = UInt128(pending.count)
    if position < before {
      let first = Int(position)
      bytes = try pending.bytes(first..<min(first + count, pending.count))
    }
    let left = count - bytes.count
    if left > 0 {
      memory.read(into: &bytes, from: place(position + UInt128(bytes.count)), count: left)
    }
    return bytes
  }

  /// How many bytes from a position on are zero because their pages don't exist: a lower bound.
  func absentBytes(at position: UInt128) -> UInt128 {
    guard !pages.isEmpty, position >= UInt128(pending.count) else { return 0 }
    let place = place(position)
    guard !memory.hasPage(place >> 12) else { return 0 }
    let next = nextPage(after: place >> 12)
    let end = next.map { UInt128($0) << 12 } ?? UInt128(memory.wordSize.mask) + 1
    return min(end - UInt128(place), count - position)
  }

  /// What is left from a position on.
  func rest(from position: UInt128) throws(HintStorageError) -> PendingHint {
    var rest = PendingHint()
    var position = position
    if position == 0 {
      rest = pending
      position = UInt128(pending.count)
    }
    while position < count {
      let absent = absentBytes(at: position)
      if absent > 0 {
        try rest.appendZeros(Int(absent))
        position += absent
        continue
      }
      // To the end of a page, so that gaps between pages are seen.
      var size = min(count - position, 4096)
      if position >= UInt128(pending.count) {
        size = min(size, UInt128(4096 - place(position) & 0xFFF))
      }
      try rest.append(bytes(position, Int(size)))
      position += size
    }
    return rest
  }

  /// The address of a position behind the bytes that were pending.
  private func place(_ position: UInt128) -> UInt64 {
    let offset = UInt64(truncatingIfNeeded: position - UInt128(pending.count))
    return (address &+ offset) & memory.wordSize.mask
  }

  private func nextPage(after index: UInt64) -> UInt64? {
    var (low, high) = (0, pages.count)
    while low < high {
      let middle = (low + high) / 2
      if pages[middle] > index { high = middle } else { low = middle + 1 }
    }
    return low < pages.count ? pages[low] : nil
  }
}

/// A hint that is too long to be handed out in one piece.
package struct LongHint {
  private let stream: HintStream
  private let start: UInt128
  /// The number of its bytes.
  package let count: Int

  init(_ stream: HintStream, from start: UInt128, count: Int) {
    self.stream = stream
    self.start = start
    self.count = count
  }

  /// The bytes of a range.
  ///
  /// - Precondition: there are as many.
  package func bytes(_ range: Range<Int>) throws(PreimageError) -> [UInt8] {
    do { return try stream.bytes(start + UInt128(range.lowerBound), range.count) } catch {
      throw PreimageError(storing: error)
    }
  }
}

extension PreimageError {
  init(storing error: HintStorageError) {
    self.init(
      .unreadable, message: error.description, remedy: HintStorageError.remedy)
  }
}

extension Machine {
  /// ``hintLimit`` unless it is set: 8 GiB.
  package static let usualHintLimit: UInt64 = 8 << 30
}

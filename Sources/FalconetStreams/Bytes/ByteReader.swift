/// A buffered reader of big-endian values over any source.
///
/// It is a source itself, so that a decompressor can be put over it after a look at the first
/// bytes:
/// ```swift
/// let reader = ByteReader(try FileSource(path: "state.bin"))
/// let version = try reader.readUInt8()
/// let pages = try reader.readUInt64()
/// ```
///
/// Safety: `start ≤ end ≤ storage.count` always holds, bytes below
/// `end` were written by the source, and no pointer into the buffer outlives a call.
package final class ByteReader: ByteSource {
  /// The buffer's size in bytes if none is given.
  package static let defaultCapacity = 256 << 10

  package var name: String { source.name }
  /// The offset of the next byte, counted from where the reader began.
  package private(set) var position: UInt64 = 0

  private let source: any ByteSource
  private let storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var sourceEnded = false

  /// A reader over `source` with a buffer of `capacity` bytes, at least 16.
  package init(_ source: any ByteSource, capacity: Int = ByteReader.defaultCapacity) {
    self.source = source
    storage = .allocate(byteCount: max(capacity, 16), alignment: 64)
  }

  deinit { storage.deallocate() }

  // MARK: The buffer

  /// The bytes at hand, valid until the next call of any method.
  var buffered: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[start..<end])
  }

  /// Drops `count` of the buffered bytes.
  func consume(_ count: Int) {
    start += count
    position &+= UInt64(count)
  }

  /// Makes at least one more byte available behind those that are buffered.
  /// - Returns: False at the end of the source, or if the buffer is full.
  func fill() throws(StreamError) -> Bool {
    if start == end {
      start = 0
      end = 0
    } else if end == storage.count, start > 0 {
      storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
      end -= start
      start = 0
    }
    guard end < storage.count, !sourceEnded else { return false }
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
    if count == 0 { sourceEnded = true }
    end += count
    return count > 0
  }

  // MARK: Reading

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard buffer.count > 0 else { return 0 }
    if start == end {
      if sourceEnded { return 0 }
      if buffer.count >= storage.count / 2 {
        let count = try source.read(into: buffer)
        if count == 0 { sourceEnded = true }
        position &+= UInt64(count)
        return count
      }
      guard try fill() else { return 0 }
    }
    let count = min(buffer.count, end - start)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<start + count]))
    consume(count)
    return count
  }

  /// Fills `buffer`.
  /// - Throws: `.truncated` if the data ends before.
  package func readExactly(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) {
    let offset = position
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = try read(into: rest)
      guard count > 0 else {
        throw truncated(expected: UInt64(buffer.count), found: UInt64(filled), at: offset)
      }
      filled += count
    }
  }

  /// The next `count` bytes as an array.
  ///
  /// Memory grows with what the source really holds, so a count that lies costs at most twice the
  /// real data.
  /// - Throws: `.truncated` if the data ends before, `.tooLarge` if `count` is above `limit`.
  package func readBytes(
    _ count: UInt64, limit: UInt64 = UInt64(Int.max)
  ) throws(StreamError) -> [UInt8] {
    let offset = position
    guard count <= limit, let total = Int(exactly: count) else {
      throw StreamError(
        .tooLarge, path: name, offset: offset,
        message: "a length of \(count) bytes is above the limit of \(limit)",
        remedy: "the file is corrupt or of another format")
    }
    var bytes: [UInt8] = []
    while bytes.count < total {
      let filled = bytes.count
      let step = min(total - filled, max(64 << 10, filled))
      bytes.append(contentsOf: repeatElement(0, count: step))
      let found = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(StreamError) in
        let rest = UnsafeMutableRawBufferPointer(buffer)[filled...]
        return try self.readUpTo(UnsafeMutableRawBufferPointer(rebasing: rest))
      }
      guard found == step else {
        throw truncated(expected: count, found: UInt64(filled + found), at: offset)
      }
    }
    return bytes
  }

  /// All bytes that are left.
  /// - Throws: `.tooLarge` if they are more than `limit`.
  package func readAll(limit: UInt64) throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    while try !isAtEnd() {
      let part = try peek(upTo: Self.defaultCapacity)
      guard UInt64(bytes.count + part.count) <= limit else {
        throw StreamError(
          .tooLarge, path: name, offset: position,
          message: "the data is longer than the limit of \(limit) bytes")
      }
      bytes += part
      try skip(UInt64(part.count))
    }
    return bytes
  }

  /// Fills as much of `buffer` as the source can.
  private func readUpTo(_ buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// The next `count` bytes, or fewer at the end, without consuming them. `count` is cut to the
  /// buffer's size.
  package func peek(upTo count: Int) throws(StreamError) -> [UInt8] {
    while end - start < count, try fill() {}
    return Array(buffered.prefix(max(count, 0)))
  }

  /// Drops `count` bytes.
  /// - Throws: `.truncated` if the data ends before.
  package func skip(_ count: UInt64) throws(StreamError) {
    let offset = position
    var left = count
    while left > 0 {
      if start == end, try !fill() {
        throw truncated(expected: count, found: count - left, at: offset)
      }
      let step = Int(min(left, UInt64(end - start)))
      consume(step)
      left -= UInt64(step)
    }
  }

  /// Whether no byte is left.
  package func isAtEnd() throws(StreamError) -> Bool {
    if start < end { return false }
    return try !fill()
  }

  /// Checks that no byte is left; with a decompressor below, that its trailer is right.
  /// - Throws: `.trailingData` if bytes are left.
  package func expectEnd() throws(StreamError) {
    guard try isAtEnd() else {
      throw StreamError(
        .trailingData, path: name, offset: position,
        message: "data follows the expected end",
        remedy: "the file is corrupt, of another format, or two files were joined")
    }
  }

  /// The error of data that ends within an item of `expected` bytes that begins at `offset`.
  func truncated(expected: UInt64, found: UInt64, at offset: UInt64) -> StreamError {
    let unit = expected == 1 ? "byte was" : "bytes were"
    return StreamError(
      .truncated, path: name, offset: offset,
      message: "\(expected) \(unit) expected but only \(found) follow",
      remedy: "the file is cut short; make or fetch it again")
  }
}

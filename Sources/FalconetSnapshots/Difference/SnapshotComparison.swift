import FalconetLibc
import FalconetMachine
import FalconetStreams

/// Compares two snapshots, of any formats, as they stream.
///
/// The first is kept in a temporary file without a name, the second passes by: neither memory is held,
/// whatever order the pages come in. Memory: some 60 bytes a page of the first.
package enum SnapshotComparison {
  /// Compares two snapshots.
  ///
  /// - Parameters:
  ///   - left, right: passes each to a consumer, from its file or its memory.
  ///   - pageLimit: how many pages that differ are described; all are counted.
  ///   - folder: where the temporary file is made; nil is `TMPDIR`, or `/tmp`.
  /// - Throws: what the two throw, or an error of the temporary file.
  package static func compare(
    _ left: (any SnapshotConsumer) throws(StreamError) -> Void,
    _ right: (any SnapshotConsumer) throws(StreamError) -> Void,
    pageLimit: Int, temporaryFolder folder: String? = nil
  ) throws(StreamError) -> SnapshotDifference {
    let spool = try PageSpool(in: folder)
    try left(spool)
    let comparison = PageComparison(with: spool, limit: pageLimit)
    try right(comparison)
    return try comparison.finish()
  }
}

/// Compares the snapshot that passes with one in a spool.
private final class PageComparison: SnapshotConsumer {
  private let spool: PageSpool
  private let limit: Int
  private let wordBytes: Int
  /// Pages of the spool that have not passed yet.
  private var rest: [UInt64: UInt64]
  private let buffer = PageBuffer()
  private let zeros = PageBuffer()
  private var difference = SnapshotDifference()
  private var other: MachineState?

  init(with spool: PageSpool, limit: Int) {
    self.spool = spool
    self.limit = max(limit, 0)
    wordBytes = spool.finalState?.version.wordSize.bytes ?? 8
    rest = spool.offsets()
  }

  func begin(_ outline: SnapshotOutline) throws(StreamError) {}

  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard let offset = rest.removeValue(forKey: index) else {
      record(index, .onlyRight, UnsafeRawBufferPointer(zeros.bytes), bytes)
      return
    }
    try spool.readPage(at: offset, into: buffer)
    let old = UnsafeRawBufferPointer(buffer.bytes)
    if let a = old.baseAddress, let b = bytes.baseAddress, memcmp(a, b, Memory.pageSize) == 0 {
      return
    }
    record(index, .changed, old, bytes)
  }

  func end(_ state: MachineState) throws(StreamError) { other = state }

  /// What differs, once both have passed.
  func finish() throws(StreamError) -> SnapshotDifference {
    guard let state = spool.finalState, let other else {
      throw StreamError(.truncated, message: "a snapshot has no end")
    }
    for (index, offset) in rest.sorted(by: { $0.key < $1.key }) {
      try spool.readPage(at: offset, into: buffer)
      record(
        index, .onlyLeft, UnsafeRawBufferPointer(buffer.bytes),
        UnsafeRawBufferPointer(zeros.bytes))
    }
    let states = StateComparison(state, other)
    difference.fields = states.fields
    difference.threads = states.threads
    return difference
  }

  private func record(
    _ index: UInt64, _ kind: SnapshotDifference.Kind, _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer
  ) {
    let words = changedWords(index, left, right)
    difference.pageCount += 1
    difference.wordCount += UInt64(words.count)
    // Pages come in any order; those with the lowest indices are kept.
    let isLast = difference.pages.count >= limit
    if isLast, difference.pages.last.map({ $0.index < index }) ?? true { return }
    if isLast { difference.pages.removeLast() }
    let page = SnapshotDifference.PageChange(index: index, kind: kind, words: words)
    let place = difference.pages.lastIndex { $0.index < index }.map { $0 + 1 } ?? 0
    difference.pages.insert(page, at: place)
  }

  private func changedWords(
    _ index: UInt64, _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> [SnapshotDifference.WordChange] {
    stride(from: 0, to: Memory.pageSize, by: wordBytes).compactMap { offset in
      let (old, new) = (word(left, offset), word(right, offset))
      return old == new
        ? nil
        : SnapshotDifference.WordChange(
          address: index << 12 | UInt64(offset), left: old, right: new)
    }
  }

  private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    bytes[offset..<offset + wordBytes].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

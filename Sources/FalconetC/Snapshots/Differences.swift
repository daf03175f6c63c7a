// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

private typealias Side = (any SnapshotConsumer) throws(StreamError) -> Void

/// Compares two states, and reports how they differ.
private func compare(
  _ first: Side, _ second: Side, pages: Int, to report: DifferenceReport,
  _ totals: UnsafeMutablePointer<falconet_difference_totals>?
) throws(CallError) {
  guard pages >= 0 else { throw .invalid("pages: the count is too large") }
  let difference = try streaming { () throws(StreamError) in
    try SnapshotComparison.compare(first, second, pageLimit: pages)
  }
  report.tell(difference)
  totals?.pointee = falconet_difference_totals(
    pages: difference.pageCount, words: difference.wordCount, same: difference.isEmpty)
}

@c @implementation
public func falconet_snapshot_diff(
  _ first: UnsafePointer<CChar>?, _ firstReading: UnsafePointer<falconet_reading>?,
  _ second: UnsafePointer<CChar>?, _ secondReading: UnsafePointer<falconet_reading>?,
  _ pages: Int, _ difference: falconet_difference_fn?, _ context: UnsafeMutableRawPointer?,
  _ totals: UnsafeMutablePointer<falconet_difference_totals>?
) -> falconet_status {
  call { () throws(CallError) in
    let files = (
      try Argument.snapshot(first, firstReading, "first"),
      try Argument.snapshot(second, secondReading, "second")
    )
    try compare(
      { (consumer) throws(StreamError) in
        _ = try Snapshot.read(FileSource(path: files.0.path), files.0.reading, into: consumer)
      },
      { (consumer) throws(StreamError) in
        _ = try Snapshot.read(FileSource(path: files.1.path), files.1.reading, into: consumer)
      },
      pages: pages, to: DifferenceReport(callback: difference, context: context), totals)
  }
}

@c @implementation
public func falconet_machine_diff(
  _ first: OpaquePointer?, _ second: OpaquePointer?, _ pages: Int,
  _ difference: falconet_difference_fn?, _ context: UnsafeMutableRawPointer?,
  _ totals: UnsafeMutablePointer<falconet_difference_totals>?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.requireDifferent(first, second)
    try MachineHandle.look(first) { (first) throws(CallError) in
      try MachineHandle.look(second) { (second) throws(CallError) in
        try compare(
          { (consumer) throws(StreamError) in
            try MemoryImage(first.machine).produce(for: consumer)
          },
          { (consumer) throws(StreamError) in
            try MemoryImage(second.machine).produce(for: consumer)
          },
          pages: pages, to: DifferenceReport(callback: difference, context: context), totals)
      }
    }
  }
}

/// Calls the callback for each difference.
///
/// Safety: the context is passed on, never followed; names and bytes are valid during each call of the
/// callback.
private struct DifferenceReport {
  let callback: falconet_difference_fn?
  let context: UnsafeMutableRawPointer?

  func tell(_ difference: SnapshotDifference) {
    guard callback != nil else { return }
    for field in difference.fields { tell(field, falconet_difference()) }
    for thread in difference.threads { tell(thread) }
    for page in difference.pages { tell(page) }
  }

  private func tell(_ thread: SnapshotDifference.ThreadChange) {
    var result = falconet_difference()
    result.thread = thread.id
    switch thread.kind {
    case .changed:
      result.kind = FALCONET_DIFFERENCE_THREAD_FIELD
      for field in thread.fields { tell(field, result) }
    case .onlyLeft, .onlyRight:
      result.kind = FALCONET_DIFFERENCE_THREAD
      result.place(thread.kind)
      call(result)
    }
  }

  private func tell(_ page: SnapshotDifference.PageChange) {
    var result = falconet_difference()
    result.place(page.kind)
    switch page.kind {
    case .changed: break
    case .onlyLeft, .onlyRight:
      result.kind = FALCONET_DIFFERENCE_PAGE
      result.address = page.index << 12
      call(result)
    }
    result.kind = FALCONET_DIFFERENCE_WORD
    for word in page.words {
      (result.address, result.first, result.second) = (word.address, word.left, word.right)
      call(result)
    }
  }

  private func tell(_ field: SnapshotDifference.FieldChange, _ place: falconet_difference) {
    var result = place
    let first = FieldContent(field.left)
    let second = FieldContent(field.right)
    (result.in_first, result.in_second) = (field.left != nil, field.right != nil)
    (result.first, result.second) = (first.number, second.number)
    field.name.withCString { name in
      result.name = name
      first.withBytes { first in
        (result.first_bytes, result.first_count) = (first.baseAddress, first.count)
        second.withBytes { second in
          (result.second_bytes, result.second_count) = (second.baseAddress, second.count)
          call(result)
        }
      }
    }
  }

  private func call(_ difference: falconet_difference) {
    withUnsafePointer(to: difference) { callback?(context, $0) }
  }
}

extension falconet_difference {
  fileprivate mutating func place(_ kind: SnapshotDifference.Kind) {
    in_first = kind != .onlyRight
    in_second = kind != .onlyLeft
  }
}

/// What a field holds, as C gets it.
private struct FieldContent {
  var number: UInt64 = 0
  var bytes: [UInt8]?

  init(_ value: SnapshotDifference.FieldValue?) {
    switch value {
    case nil: break
    case .number(let value), .address(let value): number = value
    case .bytes(let bytes): self.bytes = bytes
    }
  }

  /// Calls `body` with the bytes, or with an empty buffer without an address if there are none.
  func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    guard let bytes else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    bytes.withUnsafeBufferPointer(body)
  }
}

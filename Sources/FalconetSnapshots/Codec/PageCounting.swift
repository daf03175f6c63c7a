import FalconetMachine
import FalconetStreams
import Keccak

/// Passes a snapshot on, and reports how many pages came.
final class PageCounting<Consumer: SnapshotConsumer>: SnapshotConsumer {
  private let consumer: Consumer
  private let onPage: (UInt64, SnapshotOutline) -> Void
  private var outline = SnapshotOutline(wordSize: .bits64)
  private var count: UInt64 = 0

  init(_ consumer: Consumer, _ onPage: @escaping (UInt64, SnapshotOutline) -> Void) {
    (self.consumer, self.onPage) = (consumer, onPage)
  }

  func begin(_ outline: SnapshotOutline) throws(StreamError) {
    self.outline = outline
    try consumer.begin(outline)
  }

  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try consumer.page(index, bytes)
    report()
  }

  func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError) {
    try consumer.page(index, bytes, root: root)
    report()
  }

  func end(_ state: MachineState) throws(StreamError) { try consumer.end(state) }

  private func report() {
    count += 1
    onPage(count, outline)
  }
}

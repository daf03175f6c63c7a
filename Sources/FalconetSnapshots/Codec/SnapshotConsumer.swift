import FalconetMachine
import FalconetStreams

/// What takes a snapshot in, part by part: a machine's memory, the computation of a claim, a file
/// in any format.
///
/// A producer, a memory or a file that is read, calls ``begin(_:)`` once, then ``page(_:_:)`` for
/// each page, then ``end(_:)`` once. So a snapshot passes from any producer to any consumer in one
/// stream, a page at a time.
public protocol SnapshotConsumer: AnyObject {
  /// - Parameter outline: what the producer knows before the first page.
  func begin(_ outline: SnapshotOutline) throws(StreamError)

  /// One page. No page comes twice, and every index is inside the version's address space.
  ///
  /// - Parameters:
  ///   - index: the page's address / 4096.
  ///   - bytes: its 4096 bytes, valid during the call.
  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError)

  /// Everything but the memory, with the version.
  func end(_ state: MachineState) throws(StreamError)
}

/// Where a snapshot comes from.
public protocol SnapshotProducer {
  /// Hands all of the snapshot to `consumer`, and checks it on the way.
  func produce(for consumer: some SnapshotConsumer) throws(StreamError)
}

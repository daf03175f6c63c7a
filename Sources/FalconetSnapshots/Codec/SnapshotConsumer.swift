import FalconetMachine
import FalconetStreams
import Keccak

/// What takes a snapshot in, part by part: a machine's memory, the computation of a claim, a file
/// in any format.
///
/// A producer, a memory or a file that is read, calls ``begin(_:)`` once, then one of the functions
/// `page` for each page, then ``end(_:)`` once. So a snapshot passes from any producer to any consumer in one
/// stream, a page at a time.
package protocol SnapshotConsumer: AnyObject {
  /// - Parameter outline: what the producer knows before the first page.
  func begin(_ outline: SnapshotOutline) throws(StreamError)

  /// One page. No page comes twice, and every index is inside the version's address space.
  ///
  /// - Parameters:
  ///   - index: the page's address / 4096.
  ///   - bytes: its 4096 bytes, valid during the call.
  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError)

  /// One page whose Merkle root the producer has: from its bytes, or from a table that the caller
  /// trusts. A consumer that needs the root saves hashing the page again; others take the page.
  func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError)

  /// Everything but the memory, with the version.
  func end(_ state: MachineState) throws(StreamError)
}

extension SnapshotConsumer {
  package func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError) {
    try page(index, bytes)
  }
}

/// Where a snapshot comes from.
package protocol SnapshotProducer {
  /// Hands all of the snapshot to `consumer`, and checks it on the way.
  func produce(for consumer: some SnapshotConsumer) throws(StreamError)
}

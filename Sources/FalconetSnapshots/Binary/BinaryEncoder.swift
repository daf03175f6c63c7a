import FalconetMachine
import FalconetStreams

/// Writes Cannon's binary format. Canonical: pages in ascending order.
///
/// The producer has to know the number of pages, and to send them in ascending order.
public final class BinaryEncoder: SnapshotConsumer {
  private let writer: ByteWriter
  private var version = StateVersion.v8
  private var last: UInt64?

  /// An encoder into `sink`, which is not finished at the end.
  public init(to sink: any ByteSink) { writer = ByteWriter(sink) }

  public func begin(version: StateVersion, pageCount: UInt64?) throws(StreamError) {
    guard let pageCount else {
      throw StreamError(
        .unsupported, path: writer.name,
        message: "the number of pages must be known before the first is written")
    }
    self.version = version
    try writer.writeUInt8(version.rawValue)
    try word(pageCount)
  }

  public func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard last.map({ $0 < index }) ?? true else {
      throw StreamError(
        .unsupported, path: writer.name, message: "pages must be written in ascending order")
    }
    last = index
    try word(index)
    try writer.write(bytes)
  }

  public func end(_ state: MachineState) throws(StreamError) {
    var encoder = FieldEncoder(version: version, reserving: 512)
    for field in version.snapshotLayout.fields {
      switch field {
      case .leftStack: append(state.threads.left, to: &encoder)
      case .rightStack: append(state.threads.right, to: &encoder)
      case .lastHint:
        encoder.append(UInt64(state.lastHint.count), bytes: 4)
        encoder.append(state.lastHint)
      default: encoder.append(field, of: state)
      }
    }
    try writer.write(encoder.bytes)
    try writer.flush()
  }

  private func append(_ threads: [ThreadState], to encoder: inout FieldEncoder) {
    encoder.append(UInt64(threads.count), bytes: version.wordSize.bytes)
    for thread in threads { encoder.append(thread) }
  }

  private func word(_ value: UInt64) throws(StreamError) {
    if version.wordSize == .bits64 {
      try writer.writeUInt64(value)
    } else {
      try writer.writeUInt32(UInt32(truncatingIfNeeded: value))
    }
  }
}

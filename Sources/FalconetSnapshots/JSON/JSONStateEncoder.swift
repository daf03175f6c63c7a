import FalconetMachine
import FalconetStreams
import Keccak

/// Writes Cannon's JSON format, which holds version 0 only. Canonical: pages in ascending order.
///
/// Laid out as Cannon's file is. Compressed pages may differ from Go's in their bytes, not in what
/// they inflate to.
package final class JSONStateEncoder: SnapshotConsumer {
  private static let version = StateVersion.v0

  private let writer: ByteWriter
  private let json: JSONWriter
  private let deflater = ZlibDeflate()
  private var sequence: PageSequence

  /// An encoder into `sink`, which is not finished at the end.
  package init(to sink: any ByteSink) {
    writer = ByteWriter(sink)
    json = JSONWriter(writer)
    sequence = PageSequence(of: sink.name)
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    if let version = outline.version { try check(version) }
    sequence = PageSequence(of: writer.name, expecting: outline.pageCount)
    try json.beginObject()
    try json.key("memory")
    try json.beginArray()
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try sequence.add(index)
    try json.beginObject()
    try json.member("index", index)
    try json.key("data")
    try json.base64(deflater.deflate(bytes))
    try json.endObject()
  }

  package func end(_ state: MachineState) throws(StreamError) {
    try check(state.version)
    try sequence.finish()
    try StateWriter.checkHint(of: state, name: writer.name)
    try json.endArray()
    for field in Self.version.snapshotLayout.fields { try write(field, of: state) }
    try json.endObject()
    // Go's encoder ends a value with a line feed, and Cannon adds another to indented ones.
    try writer.write("\n\n")
    try writer.flush()
  }

  private func write(_ field: StateField, of state: MachineState) throws(StreamError) {
    guard let key = field.row.json else { return }
    switch field.form {
    case .number, .address: try json.member(key, state[field])
    case .boolean: try json.member(key, state[field] != 0)
    case .hash(let hash): try json.member(key, hex: state.scalars[hash].bytes)
    case .registers:
      let registers = state.threads.left.first?.registers ?? Registers()
      try json.key(key)
      try json.beginArray()
      for index in 0..<32 { try json.number(registers[index]) }
      try json.endArray()
    case .hint:
      guard !state.lastHint.isEmpty else { return }
      try json.key(key)
      try json.hex { (add) throws(StreamError) in
        try StateWriter.writeHint(of: state, name: writer.name, to: add)
      }
    // No snapshot of a single-threaded state has these.
    case .memoryRoot, .stackRoot, .stack: break
    }
  }

  private func check(_ version: StateVersion) throws(StreamError) {
    guard JSONCodec.canHold(version) else {
      throw JSONCodec.unsupported(version, name: writer.name)
    }
  }
}

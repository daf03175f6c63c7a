import FalconetMachine
import FalconetStreams
import Keccak

/// Writes Cannon's JSON format, which holds version 0 only. Canonical: pages in ascending order.
///
/// Laid out as Cannon's file is. Compressed pages may differ from Go's in their bytes, not in what
/// they inflate to.
package final class JSONStateEncoder: SnapshotConsumer {
  private static let version = StateVersion.v0
  private static let numbersBeforeExit: [(key: String, field: StateField)] = [
    ("preimageOffset", .preimageOffset), ("pc", .pc), ("nextPC", .nextPC), ("lo", .lo),
    ("hi", .hi), ("heap", .heap), ("exit", .exitCode),
  ]

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
    try json.member("preimageKey", hex: state.scalars.preimageKey.bytes)
    for (key, field) in Self.numbersBeforeExit { try number(key, state[field]) }
    try json.member("exited", state.scalars.exited)
    try number("step", state.scalars.step)
    try registers(of: state)
    if !state.lastHint.isEmpty {
      try json.key("lastHint")
      try json.hex { (add) throws(StreamError) in
        try StateWriter.writeHint(of: state, name: writer.name, to: add)
      }
    }
    try json.endObject()
    // Go's encoder ends a value with a line feed, and Cannon adds another to indented ones.
    try writer.write("\n\n")
    try writer.flush()
  }

  private func number(_ key: String, _ value: UInt64) throws(StreamError) {
    try json.member(key, value)
  }

  private func registers(of state: MachineState) throws(StreamError) {
    let registers = state.threads.left.first?.registers ?? Registers()
    try json.key("registers")
    try json.beginArray()
    for index in 0..<32 { try json.number(registers[index]) }
    try json.endArray()
  }

  private func check(_ version: StateVersion) throws(StreamError) {
    guard version == Self.version else {
      throw StreamError(
        .unsupported, path: writer.name,
        message: "JSON holds states of version 0 only, not of version \(version.rawValue)",
        remedy: "choose another format: .bin, .bin.gz or .fsnap")
    }
  }
}

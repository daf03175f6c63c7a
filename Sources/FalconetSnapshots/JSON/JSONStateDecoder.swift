import FalconetMachine
import FalconetStreams

/// Reads Cannon's JSON format: a version 0 state, or one of the multi-threaded prototype of
/// op-contracts/v1.6.0, which becomes version 1.
///
/// Pages pass one at a time, wherever the memory stands among the keys. Which version it is, the
/// other keys tell, so the outline has none.
package struct JSONStateDecoder: SnapshotProducer {
  private let reader: ByteReader

  /// A decoder of the decompressed text of a snapshot.
  package init(_ reader: ByteReader) { self.reader = reader }

  /// Whether a file's first decompressed bytes are those of a JSON object.
  package static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
  }

  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    let json = JSONReader(reader)
    let pages = JSONPageReader(json, of: reader.name)
    var fields = JSONStateFields(json, of: reader.name)
    var hasMemory = false
    try consumer.begin(SnapshotOutline(wordSize: .bits32))
    try json.readMembers(JSONStateFields.keys, of: reader.name) { (key) throws(StreamError) in
      if key == .memory {
        hasMemory = true
        try pages.readPages(for: consumer)
      } else {
        try fields.read(key)
      }
    }
    try json.finish()
    guard hasMemory else {
      throw StreamError(
        .unsupported, path: reader.name, message: "the JSON has no key \"memory\"",
        remedy: "the file is not a snapshot")
    }
    try consumer.end(fields.finish())
  }
}

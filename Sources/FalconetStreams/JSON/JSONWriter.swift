/// Writes JSON while it is made, with the layout and escapes of Go's encoder.
///
/// ```swift
/// let json = JSONWriter(ByteWriter(sink))
/// try json.beginObject()
/// try json.key("step")
/// try json.number(UInt64(5))
/// try json.key("pre")
/// try json.hex(claim)
/// try json.endObject()
/// try json.finish()
/// ```
/// Keys come out in the order of the calls. Calls out of order (a value without key in an object, a
/// key in an array) are mistakes of the programmer, which debug builds stop at.
package final class JSONWriter {
  /// How values are laid out.
  package enum Style: Sendable {
    /// A line for each value, indented by two spaces a level, as with `SetIndent("", "  ")`.
    case indented
    /// No white space.
    case compact
  }

  private struct Container {
    let isObject: Bool
    var isEmpty = true
  }

  private let writer: ByteWriter
  private let style: Style
  private var containers: [Container] = []
  /// Whether a key was written whose value is due.
  private var keyIsOpen = false

  /// A writer of one JSON value to `writer`.
  package init(_ writer: ByteWriter, style: Style = .indented) {
    self.writer = writer
    self.style = style
  }

  /// A writer of one JSON value to `sink`.
  package convenience init(to sink: any ByteSink, style: Style = .indented) {
    self.init(ByteWriter(sink), style: style)
  }

  // MARK: Structure

  /// Begins an object as the next value.
  package func beginObject() throws(StreamError) { try begin(isObject: true) }

  /// Ends the innermost object.
  package func endObject() throws(StreamError) { try end(isObject: true) }

  /// Begins an array as the next value.
  package func beginArray() throws(StreamError) { try begin(isObject: false) }

  /// Ends the innermost array.
  package func endArray() throws(StreamError) { try end(isObject: false) }

  /// Writes the key of the next value.
  package func key(_ name: String) throws(StreamError) {
    assert(containers.last?.isObject == true && !keyIsOpen, "a key belongs in an object")
    try separate()
    try writer.write(JSONText.quoted(Array(name.utf8)))
    try writer.write(style == .indented ? ": " : ":")
    keyIsOpen = true
  }

  /// Ends the text with `newlines` line feeds, and finishes the sink.
  ///
  /// Go's encoder writes one; Cannon's files that are written with an indent have two.
  package func finish(newlines: Int = 1) throws(StreamError) {
    assert(containers.isEmpty && !keyIsOpen, "an object or array is still open")
    try writer.write([UInt8](repeating: UInt8(ascii: "\n"), count: newlines))
    try writer.finish()
  }

  // MARK: Values

  /// Writes a string.
  package func string(_ text: String) throws(StreamError) { try string(utf8: Array(text.utf8)) }

  /// Writes a string from bytes that should be UTF-8; each byte that isn't becomes U+FFFD.
  package func string(utf8 bytes: [UInt8]) throws(StreamError) {
    try value(JSONText.quoted(bytes))
  }

  /// Writes a number.
  package func number(_ value: some BinaryInteger) throws(StreamError) {
    try self.value(Array(String(value).utf8))
  }

  /// Writes `true` or `false`.
  package func bool(_ value: Bool) throws(StreamError) {
    try self.value(Array((value ? "true" : "false").utf8))
  }

  /// Writes `null`.
  package func null() throws(StreamError) { try value(Array("null".utf8)) }

  /// Writes bytes as a string of lower-case hexadecimal with a leading `0x`.
  package func hex(_ bytes: some Collection<UInt8>) throws(StreamError) {
    let quote = [UInt8(ascii: "\"")]
    try value(quote + Hex.encodedBytes(Array(bytes), prefix: true) + quote)
  }

  /// Writes bytes that come in parts as ``hex(_:)`` does; `body` calls what it is given with each.
  package func hex(
    parts body: (_ add: ([UInt8]) throws(StreamError) -> Void) throws(StreamError) -> Void
  ) throws(StreamError) {
    try beginValue()
    try writer.write("\"0x")
    try body { (bytes) throws(StreamError) in
      try writer.write(Hex.encodedBytes(bytes, prefix: false))
    }
    try writer.write("\"")
  }

  /// Writes bytes as a string of standard base64.
  package func base64(_ bytes: [UInt8]) throws(StreamError) {
    let quote = [UInt8(ascii: "\"")]
    try value(quote + Base64.encode(bytes) + quote)
  }

  // MARK: Layout

  private func value(_ text: [UInt8]) throws(StreamError) {
    try beginValue()
    try writer.write(text)
  }

  private func beginValue() throws(StreamError) {
    assert(containers.last?.isObject != true || keyIsOpen, "a value in an object needs a key")
    if keyIsOpen {
      keyIsOpen = false
    } else if !containers.isEmpty {
      try separate()
    }
  }

  private func begin(isObject: Bool) throws(StreamError) {
    try beginValue()
    try writer.writeUInt8(UInt8(ascii: isObject ? "{" : "["))
    containers.append(Container(isObject: isObject))
  }

  private func end(isObject: Bool) throws(StreamError) {
    let container = containers.popLast()
    assert(container?.isObject == isObject && !keyIsOpen, "another container is open")
    if container?.isEmpty == false { try breakLine() }
    try writer.writeUInt8(UInt8(ascii: isObject ? "}" : "]"))
  }

  /// Writes what stands before an element: a comma after an earlier one, and a new line.
  private func separate() throws(StreamError) {
    guard let last = containers.indices.last else { return }
    if !containers[last].isEmpty { try writer.writeUInt8(UInt8(ascii: ",")) }
    containers[last].isEmpty = false
    try breakLine()
  }

  private func breakLine() throws(StreamError) {
    guard style == .indented else { return }
    try writer.writeUInt8(UInt8(ascii: "\n"))
    for _ in containers { try writer.write("  ") }
  }
}

/// Members of objects: a key and its value.
extension JSONWriter {
  /// Writes a member that is a number.
  package func member(_ name: String, _ value: some BinaryInteger) throws(StreamError) {
    try key(name)
    try number(value)
  }

  /// Writes a member that is `true` or `false`.
  package func member(_ name: String, _ value: Bool) throws(StreamError) {
    try key(name)
    try bool(value)
  }

  /// Writes a member that is a string.
  package func member(_ name: String, _ text: String) throws(StreamError) {
    try key(name)
    try string(text)
  }

  /// Writes a member that is a message, in which names of files are made readable.
  package func member(_ name: String, message: String) throws(StreamError) {
    try member(name, message.readableFileName)
  }

  /// Writes a member that is a name of a file.
  ///
  /// JSON has no bytes. If the name is not UTF-8, or has one of the characters that stand for such bytes,
  /// it is made readable, and a second member, such as `fileBytes` of `file`, has all of its bytes in
  /// hexadecimal.
  package func member(_ name: String, fileName: String) throws(StreamError) {
    let readable = fileName.readableFileName
    try member(name, readable)
    if readable != fileName { try member(name + "Bytes", hex: fileName.fileNameBytes) }
  }

  /// Writes a member that is a word or an address: a string in hexadecimal without leading zeros.
  package func member(_ name: String, address: UInt64) throws(StreamError) {
    try member(name, "0x" + String(address, radix: 16))
  }

  /// Writes a member that is bytes, in lower-case hexadecimal with a leading `0x`.
  package func member(_ name: String, hex bytes: some Collection<UInt8>) throws(StreamError) {
    try key(name)
    try hex(bytes)
  }

  /// Writes a member that is an object, whose members `body` writes.
  package func member(
    _ name: String, _ body: () throws(StreamError) -> Void
  ) throws(StreamError) {
    try key(name)
    try object(body)
  }

  /// Writes an object as the next value, whose members `body` writes.
  package func object(_ body: () throws(StreamError) -> Void) throws(StreamError) {
    try beginObject()
    try body()
    try endObject()
  }

  /// Writes a member that is an array, with what `body` writes of each element.
  package func member<Elements: Sequence>(
    _ name: String, array elements: Elements,
    _ body: (Elements.Element) throws(StreamError) -> Void
  ) throws(StreamError) {
    try key(name)
    try beginArray()
    for element in elements { try body(element) }
    try endArray()
  }

  /// Writes a member that is an array of objects, whose members `body` writes.
  package func member<Elements: Sequence>(
    _ name: String, objects elements: Elements,
    _ body: (Elements.Element) throws(StreamError) -> Void
  ) throws(StreamError) {
    try member(name, array: elements) { (element) throws(StreamError) in
      try object { () throws(StreamError) in try body(element) }
    }
  }
}

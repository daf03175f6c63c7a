import FalconetStreams

extension SymbolTable {
  /// Reads the JSON of a `meta.json`: an object whose `symbols` are objects with `name`, `start`
  /// and `size`. Other keys are skipped; the order of the symbols does not matter.
  ///
  /// - Throws: `StreamError` if the source can't be read, is not such JSON, or holds more
  ///   symbols than a table may have.
  package static func read(from source: any ByteSource) throws(StreamError) -> SymbolTable {
    try readMetadata(from: source).symbols
  }

  /// Reads the JSON of a `meta.json`, with the program that it says to be of, if it does.
  package static func readMetadata(
    from source: any ByteSource
  ) throws(StreamError) -> (symbols: SymbolTable, program: ProgramIdentity?) {
    let reader = ByteReader(source)
    let json = JSONReader(reader)
    var table: SymbolTable?
    var program: ProgramIdentity?
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "symbols":
        guard table == nil else {
          throw corrupt(source, at: json.position, "the symbols are listed twice")
        }
        table = try readList(json, source)
      case "program":
        do throws(StreamError) { program = try ProgramIdentity.read(json) } catch {
          throw error.named(source.name)
        }
      default: try json.skipValue()
      }
    }
    try json.finish()
    guard let table else { throw corrupt(source, at: nil, "the file has no list of symbols") }
    return (table, program)
  }

  /// Writes the JSON of a `meta.json`, as Cannon does: indented by two spaces, an empty line at the
  /// end. Finishes the sink.
  ///
  /// - Parameter program: the program that they are of, as the object `program`, which Cannon skips.
  package func write(
    to sink: any ByteSink, program: ProgramIdentity? = nil
  ) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.key("symbols")
    try json.beginArray()
    for index in 0..<count {
      try json.beginObject()
      try json.key("name")
      try json.string(utf8: Array(nameBytes(at: index)))
      try json.member("start", start(at: index))
      try json.member("size", size(at: index))
      try json.endObject()
    }
    try json.endArray()
    if let program {
      try json.key("program")
      try program.write(to: json)
    }
    try json.endObject()
    try json.finish(newlines: 2)
  }

  private static func readList(
    _ json: JSONReader, _ source: any ByteSource
  ) throws(StreamError) -> SymbolTable {
    var builder = SymbolTableBuilder()
    // Go writes an empty list that was never made as null.
    if try json.readNull() { return builder.finish() }
    try json.beginArray()
    while try json.nextElement() {
      let isRead = json.readPlainRecord(keys: keys) {
        builder.append(name: $0, start: $1, size: $2)
      }
      if isRead { continue }
      let position = json.position
      let (name, start, size) = try readSymbol(json, nameLimit: builder.nameBytesLeft)
      guard let name, let start, let size else {
        throw corrupt(source, at: position, "a symbol lacks its name, start or size")
      }
      guard builder.append(name: name, start: start, size: size) else {
        throw StreamError(
          .tooLarge, path: source.name, offset: position,
          message: "more than \(maximumCount) symbols", remedy: remedy)
      }
    }
    return builder.finish()
  }

  /// The keys of a symbol, in the order in which they are written.
  private static let keys = ["name", "start", "size"].map { Array($0.utf8) }

  private static func readSymbol(
    _ json: JSONReader, nameLimit: Int
  ) throws(StreamError) -> (name: [UInt8]?, start: UInt64?, size: UInt64?) {
    var name: [UInt8]?
    var start: UInt64?
    var size: UInt64?
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "name": name = try json.readStringBytes(maxBytes: nameLimit)
      case "start": start = try json.readUInt64()
      case "size": size = try json.readUInt64()
      default: try json.skipValue()
      }
    }
    return (name, start, size)
  }

  private static let remedy = "use the meta.json that was written with the prestate"

  private static func corrupt(
    _ source: any ByteSource, at offset: UInt64?, _ message: String
  ) -> StreamError {
    StreamError(
      .corrupt, path: source.name, offset: offset, message: message, remedy: remedy)
  }
}

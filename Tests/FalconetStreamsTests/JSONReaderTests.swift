import FalconetStreams
import FalconetTestSupport
import Testing

private func reader(_ text: String, chunk: Int = .max, capacity: Int = 4096) -> JSONReader {
  let source = MemorySource(Array(text.utf8), name: "x.json", chunk: chunk)
  return JSONReader(ByteReader(source, capacity: capacity))
}

private func failure(
  _ text: String, _ body: (JSONReader) throws(StreamError) -> Void
) -> StreamError? {
  streamError { () throws(StreamError) in
    let json = reader(text)
    try body(json)
    try json.finish()
  }
}

private func skipFailure(_ text: String) -> StreamError? {
  failure(text) { (json) throws(StreamError) in try json.skipValue() }
}

private let document = """
  { "step": 18446744073709551615, "pre":"0x00fF", "exited" : true,
    "registers": [0, 1 ,2], "memory": [{"index": 5, "data": "eJw\\u002b\\/"}, {}], "none": null,
    "other": {"a": [-1.5e+3, 0.25, 1E9, -0, "x\\n"], "b": false}, "empty": [] }
  """

/// Reads `document` whole.
/// - Returns: The data of its page.
private func readDocument(_ json: JSONReader) throws(StreamError) -> String {
  var data = ""
  var keys: [String] = []
  try json.beginObject()
  while let key = try json.nextKey() {
    keys.append(key)
    switch key {
    case "step": #expect(try json.readUInt64() == .max)
    case "pre": #expect(try json.readHex(maxBytes: 2) == [0, 0xFF])
    case "exited": #expect(try json.readBool())
    case "none": #expect(try json.readNull())
    case "registers":
      var registers: [UInt32] = []
      try json.beginArray()
      while try json.nextElement() { registers.append(try json.readUInt32()) }
      #expect(registers == [0, 1, 2])
    case "memory":
      try json.beginArray()
      while try json.nextElement() {
        try json.beginObject()
        while let field = try json.nextKey() {
          if field == "index" { #expect(try json.readUInt8() == 5) }
          if field == "data" { data += try json.readString() }
        }
      }
    default: try json.skipValue()
    }
  }
  try json.finish()
  #expect(
    keys == ["step", "pre", "exited", "registers", "memory", "none", "other", "empty"])
  return data
}

@Suite struct JSONReaderTests {
  @Test(arguments: [(1, 16), (2, 16), (7, 4096), (.max, 16), (.max, 4096)])
  func `a document is read, however it arrives`(chunk: Int, capacity: Int) throws {
    #expect(
      try readDocument(reader(document, chunk: chunk, capacity: capacity)) == "eJw+/")
    #expect(
      try readDocument(reader(document + " \n\t\r\n", chunk: chunk, capacity: capacity)) == "eJw+/"
    )
  }

  @Test func `a document cut at any byte is truncated`() {
    for length in 0..<document.utf8.count {
      let text = String(decoding: Array(document.utf8)[..<length], as: UTF8.self)
      let error = failure(text) { (json) throws(StreamError) in try json.skipValue() }
      #expect(error?.kind == .truncated, "\(length)")
      #expect(error?.offset == UInt64(length))
      #expect(error?.path == "x.json")
    }
  }

  @Test(arguments: [
    "{} x", "[]]", "{}{}", "1 2", "null,",
  ])
  func `data behind the value is an error`(text: String) {
    #expect(skipFailure(text)?.kind == .trailingData)
  }

  @Test(arguments: [
    "{,}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{1:1}", "{\"a\"}", "[1,]",
    "[,1]", "[1 2]", "[}", "{]", "tru ", "True", "nul,", "falsy", "'a'", "+1", ".5", "01", "-01",
    "1.", "1.x", "1e", "1e+x", "-x", "--1", "0x10", "NaN", "\"\\x\"", "\"\\u12g4\"",
    "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
    "\"a\nb\"", "\"\u{1}\"", "\u{feff}{}", "/**/1",
  ])
  func `broken syntax is an error with its place`(text: String) {
    // A cut value may show as truncated; what follows a valid one as trailing data.
    let error = skipFailure(text)
    #expect(error != nil)
    let kinds: [StreamError.Kind] = [.syntax, .truncated, .trailingData]
    #expect(kinds.contains { $0 == error?.kind })
    #expect(error?.offset != nil)
  }

  @Test func `an error names the byte`() {
    let error = failure("{\"a\": 1,\n \"b\": x}") { (json) throws(StreamError) in
      try json.skipValue()
    }
    #expect(
      error?.description.hasPrefix("x.json: a value was expected instead of \"x\" at byte 15: ")
        == true)
  }

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("18446744073709551615", .max), (" 10 ", 10),
      ("9007199254740993", 1 << 53 | 1),
    ] as [(String, UInt64)])
  func `whole numbers are exact`(text: String, value: UInt64) throws {
    let json = reader(text, chunk: 1)
    #expect(try json.readUInt64() == value)
    try json.finish()
  }

  @Test(
    arguments: [
      ("18446744073709551616", .tooLarge), ("99999999999999999999999", .tooLarge),
      ("184467440737095516150", .tooLarge), ("-1", .syntax), ("-0", .syntax), ("1.0", .syntax),
      ("1e2", .syntax), ("1E2", .syntax), ("00", .syntax), ("01", .syntax), ("\"1\"", .syntax),
      ("true", .syntax), ("", .truncated), ("1.5", .syntax),
    ] as [(String, StreamError.Kind)])
  func `other numbers are refused when a whole one is expected`(
    text: String, kind: StreamError.Kind
  ) {
    let error = failure(text) { (json) throws(StreamError) in _ = try json.readUInt64() }
    #expect(error?.kind == kind)
  }

  @Test func `narrow numbers have their limits`() throws {
    #expect(try reader("255").readUInt8() == 255)
    #expect(try reader("4294967295").readUInt32() == .max)
    let tooLarge: [StreamError?] = [
      failure("256") { (json) throws(StreamError) in _ = try json.readUInt8() },
      failure("4294967296") { (json) throws(StreamError) in _ = try json.readUInt32() },
      failure("12") { (json) throws(StreamError) in _ = try json.readUInt64(upTo: 11) },
    ]
    for error in tooLarge { #expect(error?.kind == .tooLarge) }
  }

  @Test func `escapes and surrogate pairs are resolved`() throws {
    let text = #""\"\\\/\b\f\n\r\t\u0041\u00e9\u6f22\ud834\udd1e\u0000\uFFFF""#
    let expected = "\"\\/\u{8}\u{c}\n\r\tAé漢𝄞\0\u{ffff}"
    for chunk in [1, 2, 5, .max] {
      #expect(try reader(text, chunk: chunk, capacity: 16).readString() == expected)
    }
  }

  @Test func `invalid UTF-8 is refused`() {
    for bytes: [UInt8] in [[0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5], [0xE2, 0x82]] {
      let json = JSONReader(ByteReader(MemorySource([0x22] + bytes + [0x22])))
      let error = streamError { () throws(StreamError) in _ = try json.readString() }
      #expect(error?.kind == .syntax)
      #expect(error?.offset == 0)
    }
  }

  @Test func `string limits count bytes`() throws {
    let text = "\"" + String(repeating: "é", count: 50) + "\""
    #expect(try reader(text).readStringBytes(maxBytes: 100).count == 100)
    for limit in [99, 1, 0] {
      let error = failure(text) { (json) throws(StreamError) in
        _ = try json.readString(maxBytes: limit)
      }
      #expect(error?.kind == .tooLarge)
    }
    let key = failure("{\"abcd\":1}") { (json) throws(StreamError) in
      try json.beginObject()
      _ = try json.nextKey(maxBytes: 3)
    }
    #expect(key?.kind == .tooLarge)
  }

  @Test func `hexadecimal strings have limits too`() throws {
    #expect(try reader("\"0x0102\"").readHex(maxBytes: 2) == [1, 2])
    #expect(try reader("\"0102\"").readHex(maxBytes: .max) == [1, 2])
    let errors: [(String, StreamError.Kind)] = [
      ("\"0x010203\"", .tooLarge), ("\"010203\"", .tooLarge), ("\"0x1\"", .syntax),
      ("\"zz\"", .syntax), ("12", .syntax),
    ]
    for (text, kind) in errors {
      let error = failure(text) { (json) throws(StreamError) in _ = try json.readHex(maxBytes: 2) }
      #expect(error?.kind == kind, "\(text)")
    }
  }

  @Test func `depth is limited`() throws {
    let nested = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(skipFailure(nested(64)) == nil)
    #expect(skipFailure(nested(65))?.kind == .tooLarge)
    #expect(skipFailure(String(repeating: "[", count: 1_000_000))?.kind == .tooLarge)
    #expect(
      skipFailure(String(repeating: "{\"a\":", count: 1_000_000))?.kind == .tooLarge)
  }

  @Test func `a value of another type is an error`() {
    let errors = [
      failure("null") { (json) throws(StreamError) in try json.beginObject() },
      failure("null") { (json) throws(StreamError) in try json.beginArray() },
      failure("null") { (json) throws(StreamError) in _ = try json.readString() },
      failure("null") { (json) throws(StreamError) in _ = try json.readUInt64() },
      failure("null") { (json) throws(StreamError) in _ = try json.readBool() },
      failure("null") { (json) throws(StreamError) in _ = try json.nextKey() },
      failure("null") { (json) throws(StreamError) in _ = try json.nextElement() },
    ]
    for error in errors { #expect(error?.kind == .syntax) }
  }

  @Test func `a container that is left open is an error`() {
    let error = failure("{\"a\":[]}") { (json) throws(StreamError) in
      try json.beginObject()
      _ = try json.nextKey()
      try json.skipValue()
    }
    #expect(error?.kind == .syntax)
  }

  @Test func `a changed byte never crashes the reader`() {
    var generator = SeededGenerator(seed: 13)
    let original = Array(document.utf8)
    for _ in 0..<5000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        bytes[index] = .random(in: 0...255, using: &generator)
      }
      let json = JSONReader(ByteReader(MemorySource(bytes, chunk: 5), capacity: 16))
      let result = Result { () throws(StreamError) in
        try json.skipValue()
        try json.finish()
      }
      if case .failure(let error) = result { #expect(error.offset != nil) }
    }
  }

  @Test func `many long strings are read quickly`() throws {
    let page = String(repeating: "AbC+", count: 1500)
    let sink = MemorySink()
    let json = JSONWriter(to: sink, style: .compact)
    try json.beginArray()
    for _ in 0..<500 { try json.string(page) }
    try json.endArray()
    try json.finish()
    let input = JSONReader(ByteReader(MemorySource(sink.bytes)))
    var count = 0
    try input.beginArray()
    while try input.nextElement() {
      #expect(try input.readStringBytes(maxBytes: 6000).count == 6000)
      count += 1
    }
    try input.finish()
    #expect(count == 500)
  }
}

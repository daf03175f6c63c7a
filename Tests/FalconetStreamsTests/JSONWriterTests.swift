import FalconetStreams
import FalconetTestSupport
import Testing

private func written(
  _ style: JSONWriter.Style = .indented, newlines: Int = 1,
  _ body: (JSONWriter) throws(StreamError) -> Void
) throws(StreamError) -> String {
  let sink = MemorySink()
  let json = JSONWriter(to: sink, style: style)
  try body(json)
  try json.finish(newlines: newlines)
  return String(decoding: sink.bytes, as: UTF8.self)
}

private func writeSample(_ json: JSONWriter) throws(StreamError) {
  try json.beginObject()
  try json.key("step")
  try json.number(UInt64.max)
  try json.key("pre")
  try json.hex([0x03, 0xFF])
  try json.key("exited")
  try json.bool(false)
  try json.key("none")
  try json.null()
  try json.key("empty")
  try json.beginArray()
  try json.endArray()
  try json.key("nothing")
  try json.beginObject()
  try json.endObject()
  try json.key("memory")
  try json.beginArray()
  try json.beginObject()
  try json.key("index")
  try json.number(-7)
  try json.endObject()
  try json.base64([0x66])
  try json.endArray()
  try json.endObject()
}

@Suite struct JSONWriterTests {
  @Test func `the indented layout is that of Go's encoder`() throws {
    let expected = """
      {
        "step": 18446744073709551615,
        "pre": "0x03ff",
        "exited": false,
        "none": null,
        "empty": [],
        "nothing": {},
        "memory": [
          {
            "index": -7
          },
          "Zg=="
        ]
      }


      """
    #expect(try written(newlines: 2, writeSample) == expected)
  }

  @Test func `the compact layout has no white space`() throws {
    let expected =
      #"{"step":18446744073709551615,"pre":"0x03ff","exited":false,"none":null,"empty":[],"#
      + #""nothing":{},"memory":[{"index":-7},"Zg=="]}"#
    #expect(try written(.compact, newlines: 0, writeSample) == expected)
  }

  @Test(arguments: [
    ("plain", #""plain""#), (#"a"b\c/"#, #""a\"b\\c/""#), ("\n\r\t", #""\n\r\t""#),
    ("\0\u{8}\u{c}\u{1f}\u{7f}", "\"\\u0000\\u0008\\u000c\\u001f\u{7f}\""),
    ("<a>&", #""\u003ca\u003e\u0026""#), ("\u{2028}\u{2029}", #""\u2028\u2029""#),
    ("é漢𝄞\u{2027}", "\"é漢𝄞\u{2027}\""), ("\u{fffd}", "\"\u{fffd}\""),
  ])
  func `strings are escaped as Go escapes them`(text: String, expected: String) throws {
    let result = try written(.compact, newlines: 0) { (json) throws(StreamError) in
      try json.string(text)
    }
    #expect(result == expected)
  }

  @Test(
    arguments: [
      ([0x80], 1), ([0xC0, 0x80], 2), ([0xED, 0xA0, 0x80], 3), ([0xF4, 0x90, 0x80, 0x80], 4),
      ([0xE2, 0x82], 2), ([0xF0, 0x9F, 0x98], 3), ([0xFF, 0xFE], 2), ([0xC3], 1),
    ] as [([UInt8], Int)])
  func `each byte that is not UTF-8 becomes a replacement`(bytes: [UInt8], count: Int) throws {
    let result = try written(.compact, newlines: 0) { (json) throws(StreamError) in
      try json.string(utf8: [0x61] + bytes + [0x62])
    }
    #expect(result == "\"a" + String(repeating: "\\ufffd", count: count) + "b\"")
  }

  @Test func `keys are escaped too`() throws {
    let result = try written(.compact, newlines: 0) { (json) throws(StreamError) in
      try json.beginObject()
      try json.key("a\"<")
      try json.number(1)
      try json.endObject()
    }
    #expect(result == #"{"a\"\u003c":1}"#)
  }

  @Test func `random strings are read back`() throws {
    var generator = SeededGenerator(seed: 77)
    for _ in 0..<300 {
      let scalars = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UnicodeScalar(UInt32.random(in: 0...0x11_0000, using: &generator) >> 8) ?? "x"
      }
      var text = String(String.UnicodeScalarView(scalars))
      text.unicodeScalars.append(
        UnicodeScalar(UInt32.random(in: 0...0x10_FFFF, using: &generator)) ?? "y")
      let json = try written(.compact) { (json) throws(StreamError) in try json.string(text) }
      let reader = JSONReader(ByteReader(MemorySource(Array(json.utf8), chunk: 3)))
      #expect(try reader.readString() == text)
      try reader.finish()
    }
  }

  @Test func `names that are not UTF-8 are readable, with their bytes beside them`() throws {
    let text = try written(.compact) { (json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.member("a", fileName: "plain\\xff/é")
        try json.member("b", fileName: String(fileName: [0x6E, 0xFF, 0x2F, 0xC3]))
        // A character that stands for such a byte, in the name itself.
        try json.member("c", fileName: String(fileName: Array("\u{10FE80}".utf8)))
        try json.member("d", message: String(fileName: [0xFF]) + ": no such file")
      }
    }
    #expect(
      text == #"{"a":"plain\\xff/é","b":"n\\xff/\\xc3","bBytes":"0x6eff2fc3","#
        + #""c":"\\xf4\\x8f\\xba\\x80","cBytes":"0xf48fba80","d":"\\xff: no such file"}"# + "\n")
  }
}

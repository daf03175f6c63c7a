import FalconetCommands
import FalconetStreams
import Logging
import Testing

@Suite("Log lines")
struct LogLineTests {
  private func handler(
    _ format: LogFormat, terminal: Bool = false, fields: Logger.Metadata = [:]
  ) -> CannonLogHandler {
    var handler = CannonLogHandler(
      module: "vm", format: format, level: .info, console: Console(isTerminal: terminal))
    handler.metadata = fields
    return handler
  }

  @Test(
    "Values are quoted if they would make a line ambiguous",
    arguments: [
      ("plain", "plain"), ("a/b-c_1.2:3", "a/b-c_1.2:3"), ("", "\"\""), ("a b", "\"a b\""),
      ("a=b", "\"a=b\""), ("say \"x\"", "\"say \\\"x\\\"\""),
      ("back slash\\", "\"back slash\\\\\""),
      ("line\n", "\"line\\n\""), ("tab\tend", "\"tab\\tend\""), ("\r", "\"\\r\""),
      ("\u{1}", "\"\\x01\""),
      ("\u{7F}", "\"\\x7f\""), ("main.(*T).f", "main.(*T).f"),
    ])
  func quoting(_ value: String, _ quoted: String) {
    #expect(CannonLogHandler.quoted(value) == quoted)
  }

  @Test("Text lines have level, message, module, then fields in Cannon's order")
  func text() {
    let line = handler(.text, fields: ["stream": "stdout"]).line(
      .info, "processing",
      [
        "name": "main.main", "pc": "0000abcd", "step": .stringConvertible(5), "zebra": "1",
        "apple": "2",
      ])
    #expect(
      line == "level=INFO msg=processing module=vm stream=stdout step=5 pc=0000abcd name=main.main"
        + " apple=2 zebra=1")
  }

  @Test("The step of a read of a pre-image comes last, as in Cannon")
  func read() {
    let fields: Logger.Metadata = ["step": "5", "offset": "8", "keyPrefix": "02"]
    #expect(
      handler(.text).line(.info, "x", fields)
        == "level=INFO msg=x module=vm keyPrefix=02 offset=8 step=5")
    let sized: Logger.Metadata = ["min": "19", "size": "20", "keyPrefix": "02"]
    #expect(
      handler(.text).line(.info, "x", sized)
        == "level=INFO msg=x module=vm keyPrefix=02 size=20 min=19")
  }

  @Test(
    "Each level has its word",
    arguments: [
      (Logger.Level.debug, "DEBUG"), (.info, "INFO"), (.warning, "WARN"), (.error, "ERROR"),
    ])
  func levels(_ level: Logger.Level, _ word: String) {
    #expect(handler(.text).line(level, "a b", nil) == "level=\(word) msg=\"a b\" module=vm")
  }

  @Test("On a terminal the time comes first")
  func time() throws {
    let line = handler(.text, terminal: true).line(.info, "x", nil)
    let pattern = /time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ level=INFO msg=x module=vm/
    #expect(try pattern.wholeMatch(in: line) != nil)
  }

  @Test("JSON lines are one object each, numbers and truth values as such, the rest escaped")
  func json() throws {
    let line = handler(.json).line(
      .warning, "quote \" and\nline",
      [
        "step": .stringConvertible(UInt64.max), "exited": .stringConvertible(true),
        "text": "\u{1}é",
      ])
    let json = JSONReader(ByteReader(MemorySource(Array(line.utf8), name: "line")))
    try json.beginObject()
    #expect(try json.nextKey() == "time")
    #expect(try json.readString().count == 20)
    #expect(try json.nextKey() == "level")
    #expect(try json.readString() == "WARN")
    #expect(try json.nextKey() == "msg")
    #expect(try json.readString() == "quote \" and\nline")
    #expect(try json.nextKey() == "module")
    #expect(try json.readString() == "vm")
    #expect(try json.nextKey() == "step")
    #expect(try json.readUInt64() == .max)
    #expect(try json.nextKey() == "exited")
    #expect(try json.readBool())
    #expect(try json.nextKey() == "text")
    #expect(try json.readString() == "\u{1}é")
    #expect(try json.nextKey() == nil)
    try json.finish()
    #expect(!line.contains("\n"))
  }

  @Test(
    "Sizes have one decimal in the largest unit that fits",
    arguments: [
      (0, "0.0 B"), (1, "4.0 KiB"), (2, "8.0 KiB"), (255, "1020.0 KiB"), (256, "1.0 MiB"),
      (439, "1.7 MiB"), (66263, "258.8 MiB"), (262_144, "1.0 GiB"), (268_435_456, "1.0 TiB"),
      (1 << 40, "4096.0 TiB"),
    ])
  func size(_ pages: Int, _ text: String) {
    #expect(Progress.size(ofPages: pages) == text)
  }

  @Test(
    "The state before a failing step goes next to the output",
    arguments: [
      ("out.bin.gz", "out.failed.bin.gz"), ("out.bin", "out.failed.bin"), ("", nil), ("-", nil),
      ("a.b/out.bin.gz", "a.b/out.failed.bin.gz"), ("x.y.bin", "x.y.failed.bin"),
    ])
  func failedOutput(_ output: String, _ failed: String?) {
    #expect(RunPlan.failedOutput(for: output) == failed)
  }
}

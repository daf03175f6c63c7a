import FalconetELF
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite struct SymbolJSONTests {
  private func read(_ text: String) throws -> SymbolTable {
    try SymbolTable.read(from: MemorySource(Array(text.utf8), name: "meta.json", chunk: 7))
  }

  private func write(_ table: SymbolTable) throws -> String {
    let sink = MemorySink()
    try table.write(to: sink)
    #expect(sink.isFinished)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  @Test func `a table is written indented, in order, with an empty line at the end`() throws {
    let table = try #require(
      SymbolTable([
        Symbol(name: "main.(*T[int]).f<-", start: UInt64.max, size: 0),
        Symbol(name: "main.main", start: 4096, size: 12),
      ]))
    #expect(
      try write(table) == """
        {
          "symbols": [
            {
              "name": "main.main",
              "start": 4096,
              "size": 12
            },
            {
              "name": "main.(*T[int]).f\\u003c-",
              "start": 18446744073709551615,
              "size": 0
            }
          ]
        }


        """)
  }

  @Test func `a table without symbols is an empty list`() throws {
    let empty = try #require(SymbolTable([]))
    #expect(try write(empty) == "{\n  \"symbols\": []\n}\n\n")
    #expect(try read("{\"symbols\": null}").isEmpty)
  }

  @Test func `what is written reads back the same`() throws {
    var random = SeededGenerator(seed: 3)
    let names = ["a", "größe", "", "quote\"\\", "tab\t", "日本", "a<b>&c"]
    let symbols = (0..<300).map { _ in
      Symbol(
        name: names.randomElement(using: &random) ?? "", start: random.next() >> 56,
        size: random.next())
    }
    let table = try #require(SymbolTable(symbols))
    let again = try read(try write(table))
    #expect(again.count == 300)
    for index in 0..<300 { #expect(again[index] == table[index]) }
  }

  @Test func `unknown keys and any order are accepted`() throws {
    let table = try read(
      #"{"v":[1,{"a":null}],"symbols":[{"size":1,"x":"y","start":9,"name":"b"},"#
        + #"{"name":"a","start":8,"size":0}]}"#)
    #expect(table.count == 2)
    #expect(table[0] == Symbol(name: "a", start: 8, size: 0))
    #expect(table.name(at: 10) == "b")
  }

  @Test(arguments: [
    "", "{}", "[]", "null", #"{"symbols":{}}"#, #"{"symbols":[{}]}"#, #"{"symbols":[7]}"#,
    #"{"symbols":[{"name":"a","start":1}]}"#, #"{"symbols":[{"name":"a","size":1}]}"#,
    #"{"symbols":[{"start":1,"size":1}]}"#, #"{"symbols":[]} x"#,
    #"{"symbols":[],"symbols":[]}"#,
    #"{"symbols":[{"name":"a","start":-1,"size":1}]}"#,
    #"{"symbols":[{"name":"a","start":18446744073709551616,"size":1}]}"#,
    #"{"symbols":[{"name":1,"start":1,"size":1}]}"#,
  ])
  func `anything else is refused by name`(text: String) throws {
    do {
      _ = try read(text)
      Issue.record("accepted: \(text)")
    } catch let error as StreamError {
      #expect(error.path == "meta.json")
      #expect(!error.message.isEmpty)
    }
  }

  @Test func `a file cut at any byte is refused`() throws {
    let text = #"{"symbols":[{"name":"a\u003cb","start":1,"size":12}]}"#
    _ = try read(text)
    for length in 0..<text.utf8.count {
      #expect(throws: StreamError.self) { try read(String(text.prefix(length))) }
    }
  }

  @Test func `symbols at hand in whole are read as those that come byte by byte`() throws {
    func outcome(_ text: [UInt8], chunk: Int) -> String {
      do throws(StreamError) {
        let table = try SymbolTable.read(from: MemorySource(text, name: "meta.json", chunk: chunk))
        return (0..<table.count).map { "\(table[$0])" }.joined(separator: "\n")
      } catch { return "\(error)" }
    }
    let plain = """
      {"symbols": [ {"name":"b","start": 12 ,"size":0},
       {"name":"a","start":7,"size":1}]}
      """
    var texts = [
      plain, plain.replacing("12", with: "012"), plain.replacing("12", with: "1.5"),
      plain.replacing("12", with: "-1"), plain.replacing("12", with: "1e3"),
      plain.replacing("12", with: "18446744073709551615"),
      plain.replacing("12", with: "18446744073709551616"), plain.replacing("12", with: ""),
      plain.replacing("\"b\"", with: "\"\\u0062\""), plain.replacing("\"b\"", with: "\"größe\""),
      plain.replacing("\"b\"", with: "\"\t\""), plain.replacing("\"b\"", with: "null"),
      plain.replacing("\"start\"", with: "\"Start\""), plain.replacing(",\n", with: "\n"),
      plain.replacing("0}", with: "0, \"x\": 1}"), plain.replacing(":", with: " :\t"),
    ].map { Array($0.utf8) }
    texts += texts[0].indices.map { Array(texts[0][..<$0]) }
    texts += texts[0].indices.map { texts[0].prefix($0) + [0xFF] + texts[0].suffix(from: $0 + 1) }
    for byte in [0x20, 0x0A, 0x22, 0x30] as [UInt8] {
      texts += texts[0].indices.map { texts[0].prefix($0) + [byte] + texts[0].suffix(from: $0) }
    }
    for text in texts {
      #expect(outcome(text, chunk: 1 << 16) == outcome(text, chunk: 1))
    }
    #expect(outcome(texts[0], chunk: 1 << 16).contains("12"))
  }
}

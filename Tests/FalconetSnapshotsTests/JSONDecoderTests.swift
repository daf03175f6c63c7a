import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// What Cannon's JSON reader accepts, and what it refuses.
struct JSONDecoderTests {
  private static let zeroPage = String(repeating: "00", count: Memory.pageSize)

  private static func state(_ text: String) throws(StreamError) -> MachineState {
    try Snapshots.read(Array(text.utf8)).state
  }

  private static func kind(_ text: String) -> StreamError.Kind? {
    failure { () throws(StreamError) in try state(text) }
  }

  /// A file whose memory has the given elements.
  private static func kind(pages: String) -> StreamError.Kind? {
    kind(#"{"memory":[\#(pages)]}"#)
  }

  @Test func `missing keys are zero and the version is 0`() throws {
    let state = try Self.state(#"{"memory":[]}"#)
    #expect(state.version == .v0)
    #expect(state.threads.left.count == 1)
    #expect(state.threads.left[0].nextPC == 0)
    #expect(!state.scalars.exited)
  }

  @Test func `keys come in any order and case, and unknown ones are skipped`() throws {
    let state = try Self.state(
      #"""
      {"STEP":7,"extra":{"step":[1,{"a":null}]},"PC":4,"nextpc":8,"\u017fomething":1,
       "Memory":[{"INDEX":1,"Data":"\#(Self.zeroPage)","note":[]}],"Exit":9,"EXITED":true,
       "lo":1,"hi":2,"heap":3,"preimageoffset":5,"lasthint":"0x00ff","regi\u017fters":[1,2]}
      """#)
    #expect(state.scalars.step == 7)
    #expect(state.scalars.exitCode == 9)
    #expect(state.scalars.exited)
    #expect(state.scalars.heap == 3)
    #expect(state.scalars.preimageOffset == 5)
    #expect(state.lastHint == [0, 0xFF])
    let thread = state.threads.left[0]
    #expect([thread.pc, thread.nextPC, thread.lo, thread.hi] == [4, 8, 1, 2])
    #expect(thread.registers[0] == 1 && thread.registers[1] == 2 && thread.registers[2] == 0)
  }

  @Test func `registers beyond the thirty-second are dropped`() throws {
    let numbers = (1...40).map(String.init).joined(separator: ",")
    let state = try Self.state(#"{"memory":[],"registers":[\#(numbers)]}"#)
    for index in 0..<32 { #expect(state.threads.left[0].registers[index] == UInt64(index + 1)) }
  }

  @Test func `null stands for an absent key`() throws {
    let state = try Self.state(#"{"memory":[],"pc":null,"lastHint":null,"registers":null}"#)
    #expect(state == (try Self.state(#"{"memory":[]}"#)))
    #expect(Self.kind(#"{"memory":null}"#) == .unsupported)
  }

  @Test func `pages of before September 2023 are plain hexadecimal`() throws {
    let bytes = try Fixtures.state("v0-hello-150000.json")
    let inflated = try InflatedJSON.text(bytes)
    #expect(inflated.count > 2 * bytes.count)
    #expect(try Snapshots.read(inflated) == Snapshots.read(bytes))
  }

  @Test func `line breaks inside base64 are ignored`() throws {
    let bytes = try Fixtures.state("v0-hello-150000.json")
    let text = String(decoding: bytes, as: UTF8.self)
    let broken = text.replacing("eJ", with: "e\\nJ\\r\\n")
    #expect(broken != text)
    #expect(try Snapshots.read(Array(broken.utf8)).claim == Snapshots.read(bytes).claim)
  }

  @Test func `the memory may come before or after the other keys`() throws {
    let bytes = try Fixtures.state("v0-hello-150000.json")
    let text = String(decoding: bytes, as: UTF8.self)
    let split = try #require(text.firstRange(of: "\n  ],\n"))
    let memory = text[..<split.lowerBound].dropFirst(1)
    let fields = text[split.upperBound...].dropLast(4)
    let turned = "{\(fields),\(memory)]}"
    #expect(try Snapshots.read(Array(turned.utf8)) == Snapshots.read(bytes))
  }

  @Test func `a key that comes twice is an error`() {
    #expect(Self.kind(#"{"memory":[],"pc":1,"PC":1}"#) == .corrupt)
    #expect(Self.kind(#"{"memory":[],"memory":[]}"#) == .corrupt)
    #expect(Self.kind(pages: #"{"index":1,"index":1,"data":"\#(Self.zeroPage)"}"#) == .corrupt)
  }

  @Test func `pages twice, out of range, or without data are errors`() {
    let zero = Self.zeroPage
    #expect(Self.kind(pages: #"{"index":1048575,"data":"\#(zero)"}"#) == nil)
    #expect(Self.kind(pages: #"{"index":1048576,"data":"\#(zero)"}"#) == .corrupt)
    #expect(Self.kind(pages: #"{"index":-1,"data":"\#(zero)"}"#) == .syntax)
    #expect(Self.kind(pages: #"{"index":18446744073709551616,"data":"\#(zero)"}"#) == .tooLarge)
    #expect(Self.kind(pages: #"{"index":1}"#) == .corrupt)
    #expect(
      Self.kind(pages: #"{"index":1,"data":"\#(zero)"},{"data":"\#(zero)","index":1}"#)
        == .corrupt)
  }

  @Test func `page data must hold 4096 bytes and nothing else`() throws {
    func data(_ count: Int, after: [UInt8] = []) throws -> String {
      let stream = try ZlibDeflate().deflate([UInt8](repeating: 7, count: count)) + after
      return String(decoding: Base64.encode(stream), as: UTF8.self)
    }
    func kind(_ data: String) -> StreamError.Kind? { Self.kind(pages: #"{"data":"\#(data)"}"#) }
    #expect(try kind(data(4096)) == nil)
    #expect(try kind(data(4095)) == .truncated)
    #expect(try kind(data(4097)) == .tooLarge)
    #expect(try kind(data(1 << 20)) == .tooLarge)
    #expect(try kind(data(4096, after: [0])) != nil)
    #expect(try kind(String(data(4096).dropLast(8))) != nil)
    #expect(kind("") == .truncated)
    #expect(kind("????") == .corrupt)
    #expect(kind(String(Self.zeroPage.dropLast(2))) != nil)
    #expect(kind(String(repeating: "A", count: 1 << 20)) == .tooLarge)
  }

  @Test func `values of the wrong type or size are errors`() {
    let values = [
      #""pc":4294967296"#, #""pc":1.0"#, #""pc":1e3"#, #""pc":"1""#, #""pc":-1"#, #""exit":256"#,
      #""exited":1"#, #""exited":"true""#, #""exited":tru"#, #""step":18446744073709551616"#,
      #""preimageKey":"0x00""#, #""preimageKey":"zz""#, #""registers":{}"#, #""registers":["1"]"#,
      #""lastHint":"0x0""#, #""lastHint":"0xzz""#, #""leftThreadStack":[1]"#, #""cpu":[]"#,
    ]
    for value in values { #expect(Self.kind("{\"memory\":[],\(value)}") != nil, "\(value)") }
  }

  @Test(arguments: ["pc", "nextPC", "lo", "hi"])
  func `a register of the processor inside and outside cpu is an error`(_ key: String) {
    let (outside, inside) = ("\"\(key)\":4", #""cpu":{"pc":4}"#)
    #expect(Self.kind("{\"memory\":[],\(outside)}") == nil)
    #expect(Self.kind("{\"memory\":[],\(inside)}") == nil)
    #expect(Self.kind("{\"memory\":[],\(outside),\(inside)}") == .corrupt)
    #expect(Self.kind("{\"memory\":[],\(inside),\(outside)}") == .corrupt)
  }

  @Test func `what follows the value is an error, but for white space`() throws {
    #expect(Self.kind("{\"memory\":[]} \n\t\r ") == nil)
    #expect(Self.kind(#"{"memory":[]}{}"#) == .trailingData)
    #expect(Self.kind(#"{"memory":[]}\0"#) == .trailingData)
  }

  @Test func `an object without memory is no snapshot`() {
    #expect(Self.kind("{}") == .unsupported)
    #expect(Self.kind(#"{"step":1,"pre":"0x00"}"#) == .unsupported)
  }

  @Test func `deep and long JSON ends with an error or costs no memory`() {
    let deep = String(repeating: #"{"a":["#, count: 100_000)
    #expect(Self.kind(deep) == .tooLarge)
    #expect(Self.kind(#"{"memory":[],"x":\#(deep)"#) == .tooLarge)
    #expect(Self.kind(#"{"memory":[],"\#(String(repeating: "k", count: 5000))":1}"#) == .tooLarge)
    let long = String(repeating: "1,", count: 1_000_000)
    #expect(Self.kind(#"{"memory":[],"x":[\#(long)1]}"#) == nil)
    #expect(Self.kind(#"{"memory":[],"registers":[\#(long)1]}"#) == nil)
    let hint = String(repeating: "00", count: 9 << 20)
    #expect(Self.kind(#"{"memory":[],"lastHint":"0x\#(hint)"}"#) == nil)
    // Read in parts, of which the last is odd, or one but the first has a prefix of its own.
    for wrong in ["\(hint)0", "0x\(hint)x0", hint.dropLast(2) + "0x"] {
      #expect(Self.kind(#"{"memory":[],"lastHint":"\#(wrong)"}"#) == .syntax)
    }
    let zeros = String(repeating: "0", count: 1 << 16)
    #expect(Self.kind(#"{"memory":[],"lastHint":"\#(zeros)0x\#(zeros)"}"#) == .syntax)
    let threads = String(repeating: "{},", count: 1 << 17)
    #expect(Self.kind(#"{"memory":[],"leftThreadStack":[\#(threads){}]}"#) == nil)
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Testing

/// The multi-threaded prototype of op-contracts/v1.6.0, which becomes version 1.
struct JSONPrototypeTests {
  private static let thread = #"""
    {"threadId":3,"exit":4,"exited":true,"futexAddr":5,"futexVal":6,"futexTimeoutStep":7,
     "cpu":{"pc":8,"nextPC":12,"lo":9,"hi":10},"registers":[0,1,4294967295]}
    """#

  private static func text(_ fields: String, memory: String = "[]") -> [UInt8] {
    Array(
      #"""
      {"memory":\#(memory),
       "preimageKey":"0x\#(String(repeating: "ab", count: 32))","preimageOffset":1,"heap":2,
       "exit":3,"exited":false,"step":4,"stepsSinceLastContextSwitch":5,"wakeup":4294967295,
       "traverseRight":true,\#(fields)"nextThreadId":6,"lastHint":"0x01"}
      """#.utf8)
  }

  @Test func `it is read as version 1 with every field`() throws {
    let bytes = Self.text(
      #""leftThreadStack":[],"rightThreadStack":[\#(Self.thread),{"threadId":1}],"#)
    let state = try Snapshots.read(bytes).state
    #expect(state.version == .v1)
    #expect(state.scalars.preimageKey.bytes == [UInt8](repeating: 0xAB, count: 32))
    #expect(state.scalars.preimageOffset == 1)
    #expect(state.scalars.heap == 2)
    #expect(state.scalars.exitCode == 3)
    #expect(!state.scalars.exited)
    #expect(state.scalars.step == 4)
    #expect(state.scalars.stepsSinceContextSwitch == 5)
    #expect(state.scalars.wakeup == 0xFFFF_FFFF)
    #expect(state.scalars.traverseRight)
    #expect(state.scalars.nextThreadID == 6)
    #expect(state.scalars.reservation == Reservation())
    #expect(state.lastHint == [1])
    #expect(state.threads.left.isEmpty)
    let thread = try #require(state.threads.right.first)
    #expect(thread.id == 3 && thread.exitCode == 4 && thread.exited)
    #expect([thread.futexAddress, thread.futexValue, thread.futexTimeoutStep] == [5, 6, 7])
    #expect([thread.pc, thread.nextPC, thread.lo, thread.hi] == [8, 12, 9, 10])
    #expect(thread.registers[1] == 1 && thread.registers[2] == 0xFFFF_FFFF)
    #expect(state.threads.right[1].id == 1)
    #expect(state.threads.right[1].futexAddress == 0 && state.threads.right[1].nextPC == 0)
  }

  @Test func `it converts to a binary file of version 1 with the same claim`() throws {
    let page = String(repeating: "5a", count: Memory.pageSize)
    let bytes = Self.text(
      #""leftThreadStack":null,"rightThreadStack":[\#(Self.thread)],"#,
      memory: #"[{"index":9,"data":"\#(page)"},{"index":3,"data":"\#(page)"}]"#)
    let binary = try Snapshots.convert(bytes, as: .bin)
    #expect(binary.first == 1)
    let reading = try Snapshots.read(binary)
    #expect(reading.claim == (try Snapshots.read(bytes).claim))
    #expect(reading.state == (try Snapshots.read(bytes).state))
    #expect(try Snapshots.rewrite(bytes, as: .bin) == binary)
  }

  @Test func `JSON is not written for it`() throws {
    let bytes = Self.text(#""leftThreadStack":[\#(Self.thread)],"#)
    #expect(
      .unsupported
        == failure { () throws(StreamError) in
          try Snapshots.convert(bytes, as: .json)
        })
  }

  @Test func `keys of one thread and of many in one file are an error`() {
    let bytes = Self.text(#""leftThreadStack":[],"pc":4,"#)
    #expect(.corrupt == failure { () throws(StreamError) in try Snapshots.read(bytes) })
  }

  @Test func `an object of the program counters is read as it was written for a day`() throws {
    let state = try Snapshots.read(
      Array(#"{"memory":[],"cpu":{"pc":4,"nextPC":8,"lo":1,"hi":2}}"#.utf8)
    ).state
    #expect(state.version == .v0)
    #expect(state.threads.left[0].pc == 4 && state.threads.left[0].hi == 2)
    let both = Array(#"{"memory":[],"pc":1,"cpu":{}}"#.utf8)
    #expect(.corrupt == failure { () throws(StreamError) in try Snapshots.read(both) })
  }
}

import FalconetMachine
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@Suite("Reading proof files")
struct ProofReaderTests {
  private let hash = "0x" + String(repeating: "ab", count: 32)

  private func read(_ text: String) throws -> [StepProof] { try read(Array(text.utf8)) }

  private func read(_ bytes: [UInt8]) throws -> [StepProof] {
    let reader = try ProofReader(MemorySource(bytes, name: "proof", chunk: 1000))
    var proofs: [StepProof] = []
    while let proof = try reader.next() { proofs.append(proof) }
    return proofs
  }

  @Test("What is written is read again, one proof or many, compressed or not")
  func roundTrip() throws {
    let machine = try MachineImage(.v8, code: [Assembly.nop, Assembly.nop]).machine()
    var first = StepProof(try #require(try machine.prove()))
    first.oracleKey = Bytes32(hex: hash)
    first.oracleValue = [0, 0, 0, 0, 0, 0, 0, 1, 9]
    first.oracleOffset = 8
    var second = StepProof(try #require(try machine.prove()))
    second.version = .v8
    for proof in [first, second] {
      let sink = MemorySink()
      try proof.write(to: sink)
      #expect(try read(sink.bytes) == [proof])
      let packed = MemorySink()
      let gzip = GzipSink(over: packed)
      try gzip.write(sink.bytes)
      try gzip.finish()
      #expect(try read(packed.bytes) == [proof])
    }
    let sinks = [MemorySink(), MemorySink()]
    try first.write(to: sinks[0])
    try second.write(to: sinks[1])
    let array = Array("[".utf8) + sinks[0].bytes + Array(",".utf8) + sinks[1].bytes + [0x5D]
    #expect(try read(array) == [first, second])
    #expect(try read("[]") == [])
  }

  @Test("A challenger's proof of an exited state has three keys")
  func exited() throws {
    let text = #"{"post": "\#(hash)", "state-data": "0x01", "proof-data": "0x"}"#
    let proof = try #require(try read(text).first)
    #expect(proof.step == nil && proof.pre == nil && proof.proofData.isEmpty)
    #expect(proof.oracleKey == nil && proof.version == nil)
  }

  @Test("Unknown keys are passed over, null is as if the key were not there")
  func otherKeys() throws {
    let text =
      #"{"kind": "op-23", "x": {"a": [1.5e3, {}]}, "step": null, "oracle-key": null, "post":"#
      + #""\#(hash)", "state-data": "01", "proof-data": "", "stateVersion": "multithreaded64-3"}"#
    let proof = try #require(try read(text).first)
    #expect(proof.step == nil)
    #expect(proof.version == .v6)
    #expect(proof.stateData == [1])
  }

  @Test(
    "What is no proof is an error that says what is wrong",
    arguments: [
      ("", "ends"), ("nonsense", "an object"), ("5", "an object"), ("{}", "\"post\" is missing"),
      (#"{"post": "HASH", "proof-data": "0x"}"#, "\"state-data\" is missing"),
      (#"{"post": "HASH", "state-data": "0x"}"#, "\"proof-data\" is missing"),
      (#"{"post": "0x00"}"#, "1 bytes instead of 32"), (#"{"post": 5}"#, "a string"),
      (#"{"post": "HASHff"}"#, "33 bytes instead of 32"), (#"{"post": "0xzz"}"#, "hexadecimal"),
      (#"{"post": "HASH", "post": "HASH"}"#, "twice"), (#"{"step": -1}"#, "whole number"),
      (#"{"step": 18446744073709551616}"#, "above its limit"), (#"{"step": "5"}"#, "whole number"),
      (#"{"oracle-offset": 1.5}"#, "whole number"), (#"{"stateVersion": 9}"#, "version \"9\""),
      (#"{"stateVersion": 999}"#, "above its limit"), (#"{"stateVersion": "x"}"#, "version \"x\""),
      (#"{"state-data": "0x0"}"#, "hexadecimal"), (#"{"post": "HASH""#, "ends"),
      (#"{"post": "HASH", "state-data": "0x", "proof-data": "0x"} x"#, "follow"),
      (#"[{"post": "HASH", "state-data": "0x", "proof-data": "0x"}"#, "ends"),
    ])
  func hostile(_ text: String, _ part: String) {
    #expect {
      try read(text.replacing("HASH", with: hash))
    } throws: { error in
      "\(error)".contains(part) && "\(error)".contains("proof")
    }
  }

  @Test("Fields that are far too large are errors", arguments: ["state-data", "proof-data"])
  func oversized(_ key: String) {
    let digits = String(repeating: "00", count: 40_000)
    #expect(throws: StreamError.self) { try read(#"{"\#(key)": "0x\#(digits)"}"#) }
  }

  @Test(
    "A small file that expands without end is stopped in bounded time and memory",
    arguments: [" ", "0", "["])
  func bomb(_ text: String) throws {
    let source = EndlessSource(
      start: Array((text == "0" ? #"{"oracle-value": "0x"# : #"{"x": "#).utf8),
      repeated: UInt8(ascii: text == " " ? " " : text == "0" ? "0" : "["))
    let reader = try ProofReader(source, maximumPreimage: 32 << 20)
    #expect {
      _ = try reader.next()
    } throws: { error in (error as? StreamError)?.kind == .tooLarge }
    #expect(source.count < 100 << 20)
    #expect(try reader.next() == nil)
  }

  @Test("A file that is cut anywhere is an error")
  func truncated() throws {
    let machine = try MachineImage(.v2, code: [Assembly.nop]).machine()
    let sink = MemorySink()
    try StepProof(try #require(try machine.prove())).write(to: sink)
    for count in stride(from: 0, to: sink.bytes.count - 4, by: 37) {
      #expect(throws: StreamError.self) { try read(Array(sink.bytes.prefix(count))) }
    }
  }
}

/// Data without end, as a gzip bomb decompresses to.
private final class EndlessSource: ByteSource {
  let name = "endless"
  private(set) var count = 0
  private var start: [UInt8]
  private let repeated: UInt8

  init(start: [UInt8], repeated: UInt8) {
    self.start = start
    self.repeated = repeated
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let size = start.isEmpty ? buffer.count : min(start.count, buffer.count)
    if start.isEmpty {
      buffer.initializeMemory(as: UInt8.self, repeating: repeated)
    } else {
      buffer.copyBytes(from: start.prefix(size))
      start.removeFirst(size)
    }
    count += size
    return size
  }
}

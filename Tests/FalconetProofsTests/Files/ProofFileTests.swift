import FalconetMachine
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite("Proof files")
struct ProofFileTests {
  /// A proof with short fields.
  private let proof: StepProof

  init() throws {
    let machine = try MachineImage(.v8, code: [Assembly.nop]).machine()
    var proof = StepProof(try #require(try machine.prove()))
    proof.pre = Self.hash(0xAB)
    proof.post = Self.hash(0xCD)
    proof.stateData = [0, 0xFF]
    proof.proofData = [0x0A]
    self.proof = proof
  }

  private static func hash(_ first: UInt8) -> Bytes32 {
    var hash = Bytes32()
    hash[0] = first
    return hash
  }

  private let zeros = String(repeating: "0", count: 62)

  @Test("Keys stand in order, without the oracle's if nothing is read")
  func plain() throws {
    #expect(
      try text(proof) == """
        {
          "step": 0,
          "pre": "0xab\(zeros)",
          "post": "0xcd\(zeros)",
          "state-data": "0x00ff",
          "proof-data": "0x0a"
        }


        """)
  }

  @Test(
    "A pre-image's key, value and offset follow, the offset unless it is 0",
    arguments: [0, 1, 8, UInt64.max])
  func preimage(_ offset: UInt64) throws {
    var proof = proof
    proof.step = .max
    proof.oracleKey = Self.hash(2)
    proof.oracleValue = [0, 0, 0, 0, 0, 0, 0, 1, 0x7F]
    proof.oracleOffset = offset
    let last = offset == 0 ? "" : ",\n  \"oracle-offset\": \(offset)"
    #expect(
      try text(proof) == """
        {
          "step": 18446744073709551615,
          "pre": "0xab\(zeros)",
          "post": "0xcd\(zeros)",
          "state-data": "0x00ff",
          "proof-data": "0x0a",
          "oracle-key": "0x02\(zeros)",
          "oracle-value": "0x00000000000000017f"\(last)
        }


        """)
  }

  @Test("A file is compressed if its name ends in .gz", arguments: ["5.json", "5.json.gz"])
  func save(_ name: String) throws {
    let path = "/tmp/falconet-proof-\(UInt64.random(in: .min ... .max))-\(name)"
    defer { unlink(path) }
    try proof.save(path: path)
    let (reader, compression) = try ByteReader.decompressing(FileSource(path: path))
    #expect(compression == (name.hasSuffix(".gz") ? .gzip : .none))
    let written = try reader.readAll(limit: 1 << 20)
    #expect(String(decoding: written, as: UTF8.self) == (try text(proof)))
    var status = stat()
    try #require(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o755)
  }

  @Test("A folder that does not exist is an error that names the file")
  func noFolder() {
    let path = "/tmp/falconet-no-such-folder/5.json"
    #expect {
      try proof.save(path: path)
    } throws: { error in
      (error as? StreamError)?.kind == .notFound && "\(error)".contains(path)
    }
  }

  private func text(_ proof: StepProof) throws -> String {
    let sink = MemorySink()
    try proof.write(to: sink)
    return String(decoding: sink.bytes, as: UTF8.self)
  }
}

import FalconetForeignVM
import FalconetStreams

/// Proofs of any VM, with named fields.
struct ForeignProofTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    guard let proofs = try read(MemorySource(input)) else { return }
    guard try read(MemorySource(input, chunk: 3)) == proofs else {
      try found("a proof is another when it comes in pieces")
    }
    for proof in proofs {
      let sink = MemorySink()
      try proof.write(to: sink)
      guard try read(MemorySource(sink.bytes)) == [proof] else {
        try found("a proof is another once it is written")
      }
    }
  }

  /// Nil for a file that is refused.
  private func read(_ source: MemorySource) throws -> [ForeignProofFile]? {
    do throws(StreamError) { return try ForeignProofFile.readAll(source) } catch {
      if error.description.isEmpty { try found("an error without a text") }
      return nil
    }
  }

  func seeds() throws -> [FuzzSeed] {
    let fields = [
      ForeignProof.Field(name: "witness", bytes: [1, 2, 3]),
      ForeignProof.Field(name: "\"\u{1F642}\n", bytes: []),
    ]
    var proof = ForeignProof(
      step: .max, kind: 0, pre: [4, 5], post: Array(repeating: 6, count: 64), fields: fields)
    let plain = MemorySink()
    try ForeignProofFile(vm: "stack", kind: "stack", proof: proof).write(to: plain)
    proof.read = ForeignProof.Read(key: Array("input".utf8), preimage: [7, 8], offset: 1)
    let reading = MemorySink()
    try ForeignProofFile(vm: nil, kind: nil, proof: proof).write(to: reading)
    let cannons = """
      {"step":7,"pre":"0x00","post":"0x01","state-data":"0x02","proof-data":"0x03",
      "oracle-key":"0x04","oracle-value":"0x00000000000000010a","oracle-offset":8}
      """
    return [
      FuzzSeed("plain", plain.bytes), FuzzSeed("compressed", try Packing.gzip(plain.bytes)),
      FuzzSeed("reading", reading.bytes), FuzzSeed("cannons", Array(cannons.utf8)),
      FuzzSeed("array", [UInt8(ascii: "[")] + plain.bytes + [UInt8(ascii: "]")]),
    ]
  }
}

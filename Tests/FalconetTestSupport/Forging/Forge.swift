import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Makes files of a trace's directory that are wrong and consistent: all checksums in them hold.
package enum Forge {
  static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  /// CRC-32, 4 bytes big-endian.
  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var checksum = CRC32()
    checksum.add(bytes)
    return bigEndian(checksum.value)
  }

  // MARK: claims.log

  /// Bytes of a record, and of those that name the trace.
  package static let recordSize = 44
  package static let logHeaderSize = 88

  /// A record of `claims.log`.
  package static func record(_ index: UInt64, _ content: Bytes32) -> [UInt8] {
    let bytes = bigEndian(index) + content.bytes
    return bytes + checksum(bytes)
  }

  /// The records of a log: numbers and contents.
  package static func records(_ log: [UInt8]) -> [(index: UInt64, content: Bytes32)] {
    stride(from: 0, to: log.count - recordSize + 1, by: recordSize).compactMap { start in
      let index = log[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Bytes32(log[start + 8..<start + 40]).map { (index, $0) }
    }
  }

  /// A log whose records were changed.
  package static func log(
    _ log: [UInt8], _ edit: (inout [(index: UInt64, content: Bytes32)]) -> Void
  ) -> [UInt8] {
    var records = records(log)
    edit(&records)
    return records.flatMap { record($0.index, $0.content) }
  }

  // MARK: Other files

  /// A proof's file, compressed, whose content was changed.
  package static func proof(
    _ file: [UInt8], _ edit: (inout StepProof) throws -> Void
  ) throws -> [UInt8] {
    guard var proof = try ProofReader(MemorySource(file)).next() else {
      throw FixtureError("the file holds no proof")
    }
    try edit(&proof)
    return try proofFile(proof)
  }

  /// The file of a proof, compressed.
  package static func proofFile(_ proof: StepProof) throws(StreamError) -> [UInt8] {
    let bytes = MemorySink()
    let sink = GzipSink(over: bytes)
    try proof.write(to: sink)
    try sink.finish()
    return bytes.bytes
  }

  /// A state's file in Falconet's format.
  package static func snapshot(_ image: MemoryImage) throws(StreamError) -> [UInt8] {
    let bytes = MemorySink()
    try Snapshot.write(image, to: bytes, as: .fsnap)
    return bytes.bytes
  }

  /// A `.fsnap` file whose state was changed, with the claim and the roots of what it became.
  package static func snapshot(
    _ file: [UInt8], _ edit: (inout MachineImage) -> Void
  ) throws -> [UInt8] {
    let image = try Snapshot.load(from: MemorySource(file))
    var content = MachineImage(of: Machine(state: image.state, memory: image.memory))
    edit(&content)
    return try snapshot(MemoryImage(state: content.state, memory: content.memory()))
  }

  /// A `.fsnap` file with the claim and the roots of one state, and pages that were changed.
  package static func pages(
    _ file: [UInt8], _ edit: (inout MachineImage) -> Void
  ) throws -> [UInt8] {
    var forged = try ForgedFsnap(file)
    forged.takePages(from: try ForgedFsnap(snapshot(file, edit)))
    return forged.bytes
  }

  /// The last hint before a state.
  package static func hint(_ hint: [UInt8]) -> [UInt8] { hint + checksum(hint) }

  /// A `prestate.json`.
  package static func prestate(_ identity: String, witness: [UInt8]) -> [UInt8] {
    Array("{\"identity\":\"\(identity)\",\"witness\":\"0x\(Hex.encode(witness))\"}".utf8)
  }

  /// A `trace.json`.
  package static func name(
    format: Int = 2, _ version: StateVersion, _ prestate: Bytes32, revision: String
  ) -> [UInt8] {
    Array(
      """
      {"format":\(format),"type":"falconet trace","stateVersion":\(version.rawValue),\
      "revision":"\(revision)","prestate":"\(prestate)"}
      """.utf8)
  }
}

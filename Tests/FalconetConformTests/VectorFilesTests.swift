import FalconetConform
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetVectors
import Glibc
import Keccak
import Testing

/// The files of the directory `vectors`. Those that `FALCONET_UPDATE_VECTORS` names, such as
/// `futexes,recorded,proofs`, are written, and the program has them once it is built again.
@Suite struct VectorFilesTests {
  private static let updates =
    getenv("FALCONET_UPDATE_VECTORS").map { String(cString: $0).split(separator: ",") } ?? []
  private static let folder = ExampleVM.repository + "/vectors/"

  @Test("Made vectors are what the plain step does", arguments: VectorArea.allCases)
  func vectors(_ area: VectorArea) throws {
    let expected = try area == .recorded ? Self.recorded() : VectorMaker.vectors(area)
    let path = Self.folder + area.fileName
    if Self.updates.contains(area.rawValue[...]) {
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in
        try StepVector.write(expected, to: sink)
      }
    }
    let written = try StepVector.readAll(FileSource(path: path))
    #expect(written.count == expected.count)
    for (written, expected) in zip(written, expected) {
      #expect(written == expected, "\(area): \(expected.name)")
    }
    #expect(!expected.isEmpty)
  }

  @Test("Recorded proofs are those of the archive")
  func proofs() throws {
    let expected = try Self.recordedProofs()
    let path = Self.folder + RecordedProof.fileName
    if Self.updates.contains("proofs") {
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in
        try RecordedProof.write(expected, to: sink)
      }
    }
    #expect(try RecordedProof.readAll(FileSource(path: path)) == expected)
    #expect(expected.count > 50)
  }

  @Test(
    "The program has the files", .enabled(if: updates.isEmpty, "the files are written"))
  func builtIn() throws {
    for area in VectorArea.allCases {
      let file = try #require(TemporaryFolder.contents(Self.folder + area.fileName))
      #expect(VectorData.bytes(area) == file, "\(area)")
    }
  }

  @Test("States whose program changes itself are known, also if that makes it illegal")
  func changingCode() throws {
    let slots = try StepVector.readAll(
      FileSource(path: Self.folder + VectorArea.delaySlots.fileName))
    let changing = slots.filter { $0.name.hasSuffix("then sw to the target") && $0.end == .panic }
    #expect(!changing.isEmpty)
    for vector in changing { #expect(try ProgramKit.changesItsCode(vector), "\(vector.name)") }
    let plain = try StepVector.readAll(
      FileSource(path: Self.folder + VectorArea.instructions.fileName))
    for end in [StepVector.End.panic, .step] {
      let vector = try #require(plain.first { $0.end == end })
      #expect(try !ProgramKit.changesItsCode(vector), "\(vector.name)")
    }
  }

  // MARK: What the real Cannon did

  /// The states whose claims the real Cannon was asked for.
  private static func recorded() throws -> [StepVector] {
    var vectors: [StepVector] = []
    for version in StateVersion.allCases {
      let kinds = version.revisions.map(StepVector.kind)
      let words = version.wordSize == .bits32 ? GoldenProgram.words32 : GoldenProgram.words64
      var image = MachineImage(version, code: words)
      image.state.scalars.heap = 0x2000_0000
      let state = try bytes(of: image)
      for (step, claim) in zip(GoldenProgram.steps, GoldenProgram.claims(version)) {
        var vector = StepVector(
          area: .recorded, name: "small program, \(step) steps", kinds: kinds, state: state,
          steps: step, claim: try #require(Bytes32(hex: claim)), end: .step)
        if step == GoldenProgram.steps.last { (vector.end, vector.exitCode) = (.exited, 1) }
        vectors.append(vector)
      }
      vectors.append(
        StepVector(
          area: .recorded, name: "empty state", kinds: kinds,
          state: try bytes(of: MachineImage(version, at: 0)), steps: 0,
          claim: try #require(Bytes32(hex: GoldenProgram.emptyClaim(version))), end: .step))
    }
    return vectors
  }

  private static func bytes(of image: MachineImage) throws -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(
      MemoryImage(state: image.state, memory: try image.memory()), to: sink, as: .bin)
    return sink.bytes
  }

  /// Some proofs of each version: of each guest those of system calls, and some of the others.
  private static func recordedProofs() throws -> [RecordedProof] {
    var proofs: [RecordedProof] = []
    for run in Fixtures.recordedProofs {
      let all = try Fixtures.proofs(run.version, run.guest)
      for (number, proof) in all.enumerated()
      where (number + Int(run.version.rawValue)) % 12 == 0
        || proof.kind.hasPrefix("syscall") && number % 3 == 0
      {
        var read: RecordedProof.Read?
        if let key = proof.oracleKey, let value = proof.oracleValue, let offset = proof.oracleOffset
        {
          guard value.count < 4096 else { continue }
          read = RecordedProof.Read(key: key, value: value, offset: offset)
        }
        proofs.append(
          RecordedProof(
            name: "\(run.guest), \(proof.kind)", kinds: run.version.revisions.map(StepVector.kind),
            step: proof.step, pre: proof.pre, post: proof.post, stateData: proof.stateData,
            proofData: proof.proofData, read: read))
      }
    }
    return proofs
  }
}

import CFalconetVectors
import FalconetMachine
import FalconetStreams
import FalconetVectors

/// The vectors that are built into the program, which are the files of the directory `vectors`.
///
/// Safety: the files are constant data of the program, of the sizes that the same C file gives.
package enum VectorData {
  /// The file of an area.
  package static func bytes(_ area: VectorArea) -> [UInt8] {
    file(VectorArea.allCases.firstIndex(of: area) ?? 0)
  }

  /// The file of the recorded proofs.
  package static var proofBytes: [UInt8] { file(VectorArea.allCases.count) }

  private static func file(_ number: Int) -> [UInt8] {
    var count = 0
    guard let start = cfalconetvectors_file(Int32(number), &count) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  package static func proofs() throws(StreamError) -> [RecordedProof] {
    try RecordedProof.readAll(MemorySource(proofBytes, name: RecordedProof.fileName))
  }

  package static func vectors(_ area: VectorArea) throws(StreamError) -> [StepVector] {
    try StepVector.readAll(MemorySource(bytes(area), name: area.fileName))
  }

  /// The names of all kinds, the newest of each version first.
  package static let kinds = StateVersion.allCases.flatMap { $0.revisions.map(StepVector.kind) }
}

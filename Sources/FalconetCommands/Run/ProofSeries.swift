import FalconetMachine
import FalconetProofs
import FalconetStreams

/// The proof files of one run. Proofs that follow one another closely wait for the disk together.
final class ProofSeries {
  /// Steps to the next event before which proofs are put in place: about as long as that takes.
  private static let closeSteps: UInt64 = 1_000_000

  private let name: FileNameFormat
  private let files = AtomicFileGroup(Interruption.cancellation)

  init(_ plan: RunPlan) { name = plan.proofName }

  /// Writes a proof, under the name that its step gives; `-` is standard output.
  func save(_ witness: StepWitness) throws(StreamError) {
    let proof = StepProof(witness)
    let path = name.name(step: witness.step)
    if path == "-" {
      try proof.write(to: OutputFile.standard())
    } else {
      try files.write(path: path) { (sink) throws(StreamError) in try proof.write(to: sink) }
    }
  }

  /// Finishes the proofs that wait if the next event is many steps away.
  func prepare(toRun steps: UInt64) throws(StreamError) {
    if steps > Self.closeSteps { try finish() }
  }

  /// Puts all proofs in place.
  func finish() throws(StreamError) { try files.commit() }
}

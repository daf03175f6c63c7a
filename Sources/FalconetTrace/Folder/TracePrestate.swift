import FalconetMachine
import FalconetSnapshots
import Keccak

/// What answers need of a prestate: all but its memory.
struct TracePrestate: Equatable {
  let version: StateVersion
  let claim: Bytes32
  let witness: [UInt8]
  /// The steps that led to it.
  let step: UInt64
  let hasExited: Bool

  var name: TraceName { TraceName(version: version.rawValue, prestate: claim) }

  private init(_ state: MachineState, _ witness: [UInt8]) {
    version = state.version
    claim = state.claim(witness: witness)
    self.witness = witness
    step = state.scalars.step
    hasExited = state.scalars.exited
  }

  /// Hashes the image's memory.
  init(_ image: MemoryImage) { self.init(image.state, image.witness) }

  /// The prestate of a trace by its witness; nil where the witness is another state's.
  init?(_ witness: [UInt8], of name: TraceName) {
    guard let version = StateVersion(rawValue: name.version),
      let state = try? StateWitness(decoding: witness, version: version).state
    else { return nil }
    self.init(state, witness)
    guard claim == name.prestate else { return nil }
  }
}

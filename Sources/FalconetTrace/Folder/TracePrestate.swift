import FalconetMachine
import FalconetSnapshots
import Keccak

/// What answers need of a prestate: all but its memory.
struct TracePrestate: Equatable {
  /// Which steps are executed by.
  let revision: Revision
  /// The name of the revision that the state says it was executed by.
  let recordedRevision: String?
  let claim: Bytes32
  let witness: [UInt8]
  /// The steps that led to it.
  let step: UInt64
  let hasExited: Bool

  var version: StateVersion { revision.version }

  var name: TraceName {
    TraceName(version: version.rawValue, prestate: claim, revision: revision.name)
  }

  private init(
    _ state: MachineState, _ witness: [UInt8], revision: String?
  ) throws(RevisionError) {
    self.revision = try Revision.chosen(named: revision, for: state)
    recordedRevision = state.revision
    claim = state.claim(witness: witness)
    self.witness = witness
    step = state.scalars.step
    hasExited = state.scalars.exited
  }

  /// Hashes the image's memory.
  ///
  /// - Parameter revision: the name of the one that steps are executed by; nil goes by the state.
  init(_ image: MemoryImage, revision: String?) throws(TraceError) {
    do throws(RevisionError) {
      try self.init(image.state, image.witness, revision: revision)
    } catch { throw .revision(error) }
  }

  /// The prestate of a trace by its witness; nil if the witness is another state's.
  ///
  /// - Parameter recorded: the name of the revision that the state says it was executed by.
  init?(_ witness: [UInt8], of name: TraceName, recorded: String?, revision: String?) {
    guard let version = StateVersion(rawValue: name.version),
      var state = try? StateWitness(decoding: witness, version: version).state
    else { return nil }
    state.revision = recorded
    guard let prestate = try? Self(state, witness, revision: revision),
      prestate.claim == name.prestate
    else { return nil }
    self = prestate
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// The claim that a snapshot states whose pages were not hashed when it was opened.
struct StatedClaim {
  private let outline: SnapshotOutline
  private let name: String
  /// The step of the state that was opened: the claim is this state's.
  private let step: UInt64
  /// Why the pages are not those of the claim, once that is known.
  private var fault: StreamError?

  /// - Returns: nil if the snapshot states none, or its pages were hashed.
  init?(_ outline: SnapshotOutline, name: String, _ state: MachineState) {
    guard outline.unverifiedClaim != nil else { return nil }
    self.outline = outline
    self.name = name
    step = state.scalars.step
  }

  /// Compares the claim with that of a machine, whose pages are hashed in any case.
  ///
  /// - Returns: whether it could be compared: the machine is still in the state that was opened.
  /// - Throws: if they differ, now or before.
  mutating func compare(with machine: Machine) throws(StreamError) -> Bool {
    if let fault { throw fault }
    guard machine.step == step else { return false }
    do throws(StreamError) { try outline.check(machine.claim(), name: name) } catch {
      fault = error
      throw error
    }
    return true
  }
}

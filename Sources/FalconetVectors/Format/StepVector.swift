import FalconetMachine
import Keccak

/// A state, and what a VM of Cannon's family makes of it.
package struct StepVector: Sendable, Equatable {
  /// What the steps lead to.
  package enum End: String, Sendable {
    /// A state after which the program goes on.
    case step
    /// The program's exit.
    case exited
    /// The next step is illegal.
    case panic
    /// The next step needs a pre-image that there is not.
    case preimage
  }

  package var area: VectorArea
  package var name: String
  /// The kinds of state that it is true of, as `VERSION-REVISION`, newest first.
  package var kinds: [String]
  /// The state, in Cannon's binary format.
  package var state: [UInt8]
  /// Steps that are executed from there.
  package var steps: UInt64
  /// Of each state on the way, from the first on, bytes 1 and 2 of its claim. Empty if it is not known.
  package var marks: [UInt8] = []
  /// The claim after the steps.
  package var claim: Bytes32
  package var end: End
  package var exitCode: UInt8 = 0
  package var preimages: [Bytes32: [UInt8]] = [:]
  package var hints: [[UInt8]] = []
  /// What the program writes to its output and to its errors.
  package var output: [UInt8] = []
  package var errors: [UInt8] = []

  package init(
    area: VectorArea, name: String, kinds: [String], state: [UInt8], steps: UInt64, claim: Bytes32,
    end: End
  ) {
    self.area = area
    self.name = name
    self.kinds = kinds
    self.state = state
    self.steps = steps
    self.claim = claim
    self.end = end
  }

  /// The state's version.
  package var version: StateVersion? {
    kinds.first.flatMap { $0.split(separator: "-").first }.flatMap { UInt8($0) }
      .flatMap(StateVersion.init)
  }

  /// The name of a kind.
  package static func kind(_ revision: Revision) -> String {
    "\(revision.version.rawValue)-\(revision.name)"
  }
}

/// What the kit looks at. The areas are checked in this order.
package enum ConformArea: String, Sendable, CaseIterable {
  case table
  case arguments
  case claims
  case determinism
  case resume
  case clones
  case proofs
  case callbacks
  case states
  case end
  case threads

  /// What is checked, for people.
  package var summary: String {
    switch self {
    case .table: "the table of functions says what it has"
    case .arguments: "wrong arguments are errors, and sizes are kept"
    case .claims: "the claim is that of the witness, and states begin with it"
    case .determinism: "a program does the same each time"
    case .resume: "a run goes on from any step, and from any saved state"
    case .clones: "a clone is a machine of its own"
    case .proofs: "proofs hold, and altered ones do not"
    case .callbacks: "callbacks can fail, stop and change a run, and cannot reenter it"
    case .states: "corrupt states are refused"
    case .end: "nothing happens after the end"
    case .threads: "machines on several threads do not meet"
    }
  }
}

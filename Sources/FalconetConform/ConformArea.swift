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

/// A check that failed.
package struct ConformFailure: Error, Sendable, Equatable {
  package var area: ConformArea
  /// The name of the check.
  package var check: String
  package var message: String
  /// The program that was executed.
  package var program: String
  /// The step at which it shows, if it is one.
  package var step: UInt64?
  /// The bytes that show it, such as a state, if it takes any but the program.
  package var input: [UInt8]?
}

/// What the kit found.
package struct ConformReport: Sendable {
  /// Checks that were made in an area.
  package private(set) var checks: [ConformArea: Int] = [:]
  package private(set) var failures: [ConformFailure] = []
  /// Areas that the VM does not have, with the reason.
  package private(set) var skipped: [ConformArea: String] = [:]

  package var conforms: Bool { failures.isEmpty }

  package func failures(in area: ConformArea) -> [ConformFailure] {
    failures.filter { $0.area == area }
  }

  mutating func count(_ area: ConformArea) { checks[area, default: 0] += 1 }
  mutating func add(_ failure: ConformFailure) { failures.append(failure) }
  mutating func skip(_ area: ConformArea, _ reason: String) { skipped[area] = reason }
}

/// Why a check fails, thrown inside of it.
struct ConformFault: Error {
  var message: String
  var step: UInt64?
  var input: [UInt8]?

  init(_ message: String, step: UInt64? = nil, input: [UInt8]? = nil) {
    self.message = message
    self.step = step
    self.input = input
  }
}

/// Fails the check unless a condition holds.
func require(
  _ condition: Bool, _ message: @autoclosure () throws -> String, step: UInt64? = nil,
  input: @autoclosure () -> [UInt8]? = nil
) throws {
  if !condition { throw ConformFault(try message(), step: step, input: input()) }
}

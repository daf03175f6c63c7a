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

  package init(
    area: ConformArea, check: String, message: String, program: String = "", step: UInt64? = nil,
    input: [UInt8]? = nil
  ) {
    self.area = area
    self.check = check
    self.message = message
    self.program = program
    self.step = step
    self.input = input
  }
}

/// What happens while the kit checks a VM. A report is made of these alone.
package enum ConformEvent: Sendable, Equatable {
  case began(ConformArea, check: String, program: String)
  /// The check that began last gives the VM these bytes next.
  case tries([UInt8])
  /// The check that began last holds.
  case held
  /// The check that began last fails.
  case failed(ConformFailure)
  /// The VM does not have an area, or a part of it.
  case skipped(ConformArea, reason: String)
}

/// What the kit found.
package struct ConformReport: Sendable {
  /// A check that was made.
  package struct Check: Sendable, Equatable {
    package var area: ConformArea
    package var name: String
    package var program: String
    /// The number of its failure; nil if it holds.
    package var failure: Int?
  }

  package private(set) var made: [Check] = []
  package private(set) var failures: [ConformFailure] = []
  /// Areas that the VM does not have, with the reason.
  package private(set) var skipped: [ConformArea: String] = [:]
  /// The check that began last, while it is neither held nor failed.
  package private(set) var unfinished: Check?
  /// What that check gave the VM last, if it is more than the program.
  package private(set) var tried: [UInt8]?

  package init() {}

  package var conforms: Bool { failures.isEmpty }

  /// Checks that were made in an area.
  package func checks(in area: ConformArea) -> Int { made.count { $0.area == area } }

  package func failures(in area: ConformArea) -> [ConformFailure] {
    failures.filter { $0.area == area }
  }

  /// Adds what happened.
  package mutating func add(_ event: ConformEvent) {
    switch event {
    case .began(let area, let check, let program):
      unfinished = Check(area: area, name: check, program: program)
      tried = nil
    case .tries(let bytes): tried = bytes
    case .held:
      if let unfinished { made.append(unfinished) }
      unfinished = nil
    case .failed(let failure):
      // Each area of a VM that is checked in a process of its own finds what all of them need.
      if !failures.contains(failure) {
        failures.append(failure)
        made.append(
          Check(
            area: failure.area, name: failure.check, program: failure.program,
            failure: failures.count - 1))
      }
      unfinished = nil
    case .skipped(let area, let reason): skipped[area] = reason
    }
  }
}

/// Why a check fails, thrown inside of it.
struct ConformFault: Error {
  var message: String
  var step: UInt64?
  var input: [UInt8]?
  /// The area that it is about, if it is not the one that is checked.
  var area: ConformArea?
  /// Whether what else is checked in the area would show the same, after a long time.
  var endsArea = false

  init(
    _ message: String, step: UInt64? = nil, input: [UInt8]? = nil, area: ConformArea? = nil
  ) {
    self.message = message
    self.step = step
    self.input = input
    self.area = area
  }
}

/// Fails the check unless a condition holds.
func require(
  _ condition: Bool, _ message: @autoclosure () throws -> String, step: UInt64? = nil,
  input: @autoclosure () throws -> [UInt8]? = nil
) throws {
  if !condition { throw ConformFault(try message(), step: step, input: try input()) }
}

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
  /// The check that began last found nothing to test.
  case untested
  /// The check that began last is one that the first look made.
  case known
  /// How a program ends: the same in each process.
  case ended(program: String, step: UInt64, claim: [UInt8])
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
    /// Whether there was something to test. If not, it says nothing of the VM.
    package var isTested = true
  }

  package private(set) var made: [Check] = []
  package private(set) var failures: [ConformFailure] = []
  private var reasons: [ConformArea: [String]] = [:]
  /// The check that began last, while it is neither held nor failed.
  package private(set) var unfinished: Check?
  /// What that check gave the VM last, if it is more than the program.
  package private(set) var tried: [UInt8]?
  /// How each program ended in the first process that executed it, and in how many it ended so.
  private var ends: [String: (step: UInt64, claim: [UInt8], processes: Int)] = [:]

  /// What an earlier look at the same VM could not test.
  private var untestedBefore: [Check] = []

  package init() {}

  /// A report of the same VM, of which `earlier` has the first look: programs end as they did there.
  package init(after earlier: ConformReport) {
    untestedBefore = earlier.made.filter { !$0.isTested }
    ends = earlier.ends.mapValues { ($0.step, $0.claim, 1) }
  }

  /// Areas that the VM does not have, or not whole, with the reasons.
  package var skipped: [ConformArea: String] {
    reasons.mapValues { $0.joined(separator: "; ") }
  }

  /// Whether something was tested, and nothing failed.
  package var conforms: Bool { failures.isEmpty && made.contains(where: \.isTested) }

  /// Checks that were made in an area, but for those that had nothing to test.
  package func checks(in area: ConformArea) -> Int {
    made.count { $0.area == area && $0.isTested }
  }

  /// The checks of an area that had nothing to test.
  package func untested(in area: ConformArea) -> [Check] {
    made.filter { $0.area == area && !$0.isTested }
  }

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
    case .held: end(isTested: true)
    case .untested: end(isTested: false)
    case .known:
      var before = unfinished
      before?.isTested = false
      end(isTested: !untestedBefore.contains { $0 == before })
    case .ended(let program, let step, let claim): addEnd(of: program, step, claim)
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
    case .skipped(let area, let reason):
      if reasons[area]?.contains(reason) != true { reasons[area, default: []].append(reason) }
    }
  }

  /// The check that began last does not fail.
  private mutating func end(isTested: Bool) {
    if var unfinished {
      unfinished.isTested = isTested
      made.append(unfinished)
    }
    unfinished = nil
  }

  /// The name of the check that no process can make alone.
  package static let sameInEachProcess = "a program ends the same in each process"

  private mutating func addEnd(of program: String, _ step: UInt64, _ claim: [UInt8]) {
    guard let known = ends[program] else {
      ends[program] = (step, claim, 1)
      return
    }
    ends[program]?.processes += 1
    guard (known.step, known.claim) != (step, claim) else {
      if known.processes == 1 {
        made.append(
          Check(area: .determinism, name: Self.sameInEachProcess, program: program))
      }
      return
    }
    let failure = ConformFailure(
      area: .determinism, check: Self.sameInEachProcess,
      message:
        "in one process it ends at step \(known.step) with the claim \(hex(known.claim)), in another"
        + " at step \(step) with \(hex(claim))", program: program)
    guard !failures.contains(where: { $0.check == failure.check && $0.program == program }) else {
      return
    }
    made.removeAll { $0.name == Self.sameInEachProcess && $0.program == program }
    add(.failed(failure))
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

import FalconetMachine
import FalconetTestSupport
import Testing

/// Every row of the system call table, in every version and revision.
@Suite("Every row of the system call table")
struct SystemCallTableTests {
  private static let revisions = StateVersion.allCases.flatMap(\.revisions)

  private static func image(_ number: UInt64, _ revision: Revision) -> MachineImage {
    var image = call(revision.version, number)
    image.state.revision = revision.name
    return image
  }

  /// What the program's only system call does, by a revision: nil if it stops the VM.
  private static func result(of number: UInt64, _ revision: Revision) throws -> MachineState? {
    do {
      let machine = try image(number, revision).machine()
      try machine.runStep()
      return machine.state
    } catch MachineError.fault(let fault) {
      #expect(fault.panic == .unknownSystemCall(number: number), "\(number), \(revision)")
      return nil
    }
  }

  @Test("A revision has exactly the calls whose requirement it meets", arguments: revisions)
  func presence(_ revision: Revision) throws {
    let (rules, wordSize) = (revision.rules, revision.version.wordSize)
    let rows = SystemCallRow.all.filter { $0.number(wordSize) != nil }
    for number in Set(rows.compactMap { $0.number(wordSize) }) {
      let row = rows.first { $0.number(wordSize) == number && $0.requirement.holds(under: rules) }
      let state = try Self.result(of: number, revision)
      guard let row else {
        // A machine of one thread answers 0 to what it does not have; the others stop.
        let isIgnored = rules.threading == .single
        #expect(state == (isIgnored ? Self.image(number, revision).answered(0) : nil))
        continue
      }
      #expect(SystemCall(number: number, under: rules) == row.call)
      if row.call == .noOperation {
        let expected = Self.image(number, revision).answered(0)
        #expect(state == expected, "\(row.name), \(revision)")
      } else {
        #expect(state != nil, "\(row.name), \(revision)")
      }
    }
  }

  @Test("No revision has two rows of the same number, but for the last resort of getrandom")
  func unambiguous() {
    for revision in Self.revisions {
      var owners: [UInt64: [String]] = [:]
      for row in SystemCallRow.all where row.requirement.holds(under: revision.rules) {
        if let number = row.number(revision.version.wordSize) {
          owners[number, default: []].append(row.name)
        }
      }
      #expect(
        owners.values.allSatisfy { $0.count == 1 || $0 == ["getrandom", "getrandom"] },
        "\(revision)")
    }
  }

  @Test("A number has one name in both ABIs, and each function and each requirement has a row")
  func complete() {
    for (number, rows) in Dictionary(
      grouping: SystemCallRow.all.flatMap { row in
        [row.o32, row.n64].compactMap { $0.map { (number: $0, row: row) } }
      }, by: \.number)
    {
      #expect(Set(rows.map(\.row.name)).count == 1, "\(number)")
    }
    let calls = SystemCallRow.all.map(\.call)
    #expect(SystemCall.allCases.allSatisfy(calls.contains))
    let requirements = SystemCallRow.all.map(\.requirement)
    #expect(SystemCallRequirement.allCases.allSatisfy(requirements.contains))
  }

  @Test("Errors name the calls that the table lists, whether or not a version has them")
  func names() {
    #expect([5284, 4325].allSatisfy { SystemCallRow.name(of: $0) == "eventfd2" })
    #expect(SystemCallRow.name(of: 5060) == "kill" && SystemCallRow.name(of: 5999) == nil)
    #expect(
      Panic.unknownSystemCall(number: 5284).message == "unrecognized system call 5284 (eventfd2)")
    #expect(Panic.unknownSystemCall(number: 5999).message == "unrecognized system call 5999")
    #expect(
      Panic.unknownSystemCall(number: 4192).message.hasSuffix(
        "; the newest revision of version 8 has 5153)"))
  }

  @Test("A rule that a call has for itself makes exactly that call's steps differ")
  func ownRules() throws {
    let rules = try #require(StateVersion.v8.revisions.first).rules
    for row in SystemCallRow.all {
      for rule in row.ownRules {
        var other = rules
        other[keyPath: rule].toggle()
        #expect(rules.systemCalls(differingFrom: other) == [try #require(row.n64)], "\(row.name)")
      }
    }
  }
}

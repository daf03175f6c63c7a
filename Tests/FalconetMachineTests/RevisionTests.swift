import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Revisions of a state version")
struct RevisionTests {
  private static let older = ["1.8.0", "1.7.0"]
  private static let prctl: UInt64 = 5153

  @Test("Names are unique in a version, and the first revision is the default")
  func names() throws {
    for version in StateVersion.allCases {
      let names = version.revisions.flatMap(\.names)
      #expect(Set(names).count == names.count)
      #expect(version.newestRevision == version.revisions.first)
      #expect(version.revisions.count(where: \.isNewest) == 1)
      for revision in version.revisions {
        #expect(revision.version == version)
        #expect(revision.names.allSatisfy { version.revision(named: $0) == revision })
      }
      #expect(version.revision(named: "0.0.1") == nil)
    }
    #expect(StateVersion.v8.revisions.map(\.name) == ["2026-06", "1.8.0", "1.7.0"])
    #expect(StateVersion.v8.revision(named: "1.10.1")?.name == "1.8.0")
    #expect(StateVersion.allCases.filter { $0.revisions.count > 1 } == [.v8])
  }

  @Test("No revision changes what layouts and loading need")
  func shapes() {
    for version in StateVersion.allCases {
      for rules in version.revisions.map(\.rules) {
        #expect(rules.wordSize == version.wordSize)
        #expect(rules.threading == version.threading)
        #expect(rules.futexBytes == version.futexBytes)
        #expect(rules.patchesGo == version.patchesGo)
      }
    }
  }

  @Test("prctl does nothing by the newest revision of version 8, and stops the VM by all others")
  func processControl() throws {
    var image = call(.v8, Self.prctl, 0x5356_4D41)
    #expect(try execute(image).state == image.answered(0))
    for name in Self.older {
      image.state.revision = name
      #expect(try panic(image) == .unknownSystemCall(number: Self.prctl))
    }
    for version in [.v3, .v4, .v6, .v7] as [StateVersion] {
      let panic = try panic(call(version, Self.prctl))
      #expect(panic == .unknownSystemCall(number: Self.prctl))
      #expect(panic?.message.contains("godebug decoratemappings=0") == true)
    }
    let last = try panic(call(.v5, 4192))
    #expect(last?.message.contains("godebug decoratemappings=0") == true)
  }

  @Test("getrandom keeps the reservation by contract 1.7.0, and ends it by later ones")
  func reservation() throws {
    for revision in StateVersion.v8.revisions {
      var image = call(.v8, 5313, 0x2000, 8)
      image.state.revision = revision.name
      image.state.scalars.reservation = Reservation(status: 2, address: 0x2004, owner: 1)
      let before = image.state.scalars.reservation
      let after = try execute(image).state.scalars.reservation
      #expect(after == (revision.name == "1.7.0" ? before : Reservation()))
    }
  }

  @Test("A store after getrandom still ends the reservation that contract 1.7.0 kept")
  func storeAfter() throws {
    var image = MachineImage(
      .v8, code: [Assembly.syscall, Assembly.immediate(0x3F, rs: 8, rt: 0, 0), Assembly.stop])
    image[register: 2] = 5313
    image[register: 4] = 0x2000
    image[register: 5] = 8
    image[register: 8] = 0x2000
    image.state.revision = "1.7.0"
    image.state.scalars.reservation = Reservation(status: 2, address: 0x2000, owner: 0)
    #expect(try execute(image, steps: 2).state.scalars.reservation == Reservation())
  }

  @Test("A machine records its revision, and takes over another one's rules when it is set")
  func recorded() throws {
    let image = call(.v8, Self.prctl)
    for engine in EngineKind.allCases {
      let machine = try image.machine(engine)
      #expect(machine.state.revision == "2026-06")
      let start = machine.checkpoint()
      machine.revision = try #require(StateVersion.v8.revision(named: "1.9.0"))
      #expect(machine.state.revision == "1.8.0")
      #expect(throws: MachineError.self) { try machine.run(until: 1) }
      machine.revision = StateVersion.v8.newestRevision
      machine.restore(start)
      _ = try machine.run(until: 1)
      #expect(machine.step == 1)
    }
  }

  @Test("A state goes on by the revision that it records unless another is named")
  func chosen() throws {
    var state = MachineState(version: .v8)
    #expect(try Revision.chosen(for: state) == StateVersion.v8.newestRevision)
    state.revision = "1.7.0"
    #expect(try Revision.chosen(for: state).name == "1.7.0")
    #expect(try Revision.chosen(named: "1.10.0", for: state).name == "1.8.0")
    #expect(throws: RevisionError.unknown(name: "9", version: .v8)) {
      try Revision.chosen(named: "9", for: state)
    }
    state.revision = "2199-01"
    #expect(throws: RevisionError.unknownInState(name: "2199-01", version: .v8)) {
      try Revision.chosen(for: state)
    }
    #expect(try Revision.chosen(named: "2026-06", for: state).isNewest)
  }

  @Test("Rules that differ in system calls alone say in which; no other call is told apart")
  func reach() throws {
    let names = ["2026-06", "1.8.0", "1.7.0"]
    let rules = try names.map { try #require(StateVersion.v8.revision(named: $0)).rules }
    #expect(rules[0].systemCalls(differingFrom: rules[0]) == [])
    #expect(rules[0].systemCalls(differingFrom: rules[1]) == [5153])
    #expect(rules[1].systemCalls(differingFrom: rules[2]) == [5313])
    #expect(rules[2].systemCalls(differingFrom: rules[0]) == [5153, 5313])
    for version in StateVersion.allCases {
      for one in version.revisions.map(\.rules) {
        for other in version.revisions.map(\.rules) {
          guard let numbers = one.systemCalls(differingFrom: other) else { continue }
          for number in UInt64(0)..<8_000 where !numbers.contains(number) {
            #expect(
              SystemCall(number: number, under: one) == SystemCall(number: number, under: other))
          }
        }
      }
    }
    // What is not known to be a system call's alone can be anywhere.
    for version in StateVersion.allCases where version != .v8 {
      let other = version.newestRevision.rules
      #expect(rules[0].systemCalls(differingFrom: other) == nil, "\(version)")
    }
  }
}

import Falconet
import FalconetTestSupport
import Testing

/// What a user of the library can do with machines, by its public interface alone.
@Suite struct MachineTests {
  private func machine(_ guest: String = "hello") throws -> Machine {
    let program = try Program(contentsOf: Fixtures.path("guests/64/\(guest).elf"))
    return try Machine(program, version: #require(StateVersion("8")))
  }

  @Test("A program runs to its end and says what it wrote") func programRunsToItsEnd() throws {
    let machine = try machine()
    var output: [UInt8] = []
    machine.onOutput = { stream, bytes in if stream == .output { output += bytes } }
    #expect(machine.claim().status == .unfinished)
    #expect(try machine.run() == .exited)
    #expect(machine.exitCode == 0)
    #expect(machine.claim().status == .valid)
    #expect(!output.isEmpty)
    #expect(String(decoding: output, as: UTF8.self).contains("hello"))
  }

  @Test("A state goes through every format that can hold it") func stateGoesThroughEveryFormat()
    throws
  {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine()
    try machine.run(until: 20_000)
    for name in ["state.bin", "state.bin.gz", "state.fsnap"] {
      let path = folder.file(name)
      try machine.save(to: path)
      let copy = try Machine(contentsOf: path)
      #expect(copy.step == 20_000)
      #expect(copy.claim() == machine.claim())
      #expect(try Snapshot.claim(ofFile: path) == machine.claim())
    }
    try Snapshot.convert(folder.file("state.bin"), to: folder.file("converted.fsnap"))
    #expect(try Machine(contentsOf: folder.file("converted.fsnap")).witness() == machine.witness())
    let bytes = try machine.snapshot(as: .bin)
    #expect(try Machine(snapshot: bytes).claim() == machine.claim())
    let error = #expect(throws: FalconetError.self) { try machine.save(to: folder.file("x.json")) }
    #expect(error?.code == .unsupported)
  }

  @Test("Events come at their steps, in one pass") func eventsComeAtTheirSteps() throws {
    let machine = try machine()
    var events = RunEvents()
    var (proofs, others): ([Proof], [UInt64?]) = ([], [])
    var snapshots: [(UInt64, Claim)] = []
    var order: [String] = []
    events.prove(at: [5_000, 100]) {
      proofs.append($0)
      order.append("proof")
    }
    events.prove(at: [7_000], every: 5_000) { others.append($0.step) }
    events.pause(at: [10_000], every: 4_000) { snapshots.append(($0.step, $0.claim())) }
    events.pause(at: [100]) { _ in order.append("pause") }
    #expect(try machine.run(until: 10_000, events: events) == .step)
    #expect(machine.step == 10_000)
    #expect(proofs.map(\.step) == [100, 5_000])
    #expect(others == [0, 5_000, 7_000])
    #expect(proofs.allSatisfy { $0.verify().holds })
    #expect(snapshots.map(\.0) == [0, 4_000, 8_000])
    #expect(order == ["pause", "proof", "proof"])
    // A machine past the step does nothing.
    #expect(try machine.run(until: 9_000, events: events) == .step)
    #expect(machine.step == 10_000 && others.count == 3)
    let straight = try self.machine()
    try straight.run(until: 8_000)
    #expect(straight.claim() == snapshots[2].1)
  }

  @Test("What a closure throws ends the run, which can go on") func whatClosureThrowsEndsRun()
    throws
  {
    struct Full: Error {}
    let machine = try machine()
    var events = RunEvents()
    events.pause(at: [1_000]) { _ in throw Full() }
    let error = #expect(throws: FalconetError.self) { try machine.run(events: events) }
    #expect(error?.code == .callback)
    #expect(error?.cause is Full)
    #expect(machine.step == 1_000)
    var nested = RunEvents()
    nested.pause(at: [2_000]) { try $0.run() }
    let refusal = #expect(throws: FalconetError.self) { try machine.run(events: nested) }
    #expect(refusal?.code == .invalidArgument)
    #expect(machine.step == 2_000)
    #expect(try machine.run() == .exited)
  }

  @Test("A run stops at an address and after a read of a pre-image") func runStopsAtAddress() throws
  {
    let program = try Program(contentsOf: Fixtures.path("guests/64/oracle.elf"))
    let machine = try machine("oracle")
    var events = RunEvents()
    events.stopAddresses = program.addresses(of: "main.main")
    #expect(events.stopAddresses?.isEmpty == false)
    #expect(try machine.run(events: events) == .address)
    #expect(machine.threads.first.map { program.symbol(at: $0.pc) } == "main.main")
    // The step that is asked for counts more.
    #expect(try machine.run(until: machine.step, events: events) == .step)
    events.stopAddresses = nil
    events.stopsAfterPreimageReads = true
    // A pause may set the source.
    events.pause(at: [machine.step]) {
      $0.preimages = .directory(try Fixtures.path("preimages/oracle-valid"))
    }
    #expect(try machine.run(events: events) == .preimageRead)
    let step = machine.step
    #expect(try machine.run(events: events) == .preimageRead)
    #expect(machine.step > step)
  }

  @Test("An error that the closure of a source throws is the cause of the run's error")
  func sourceThrows() throws {
    struct Offline: Error {}
    let machine = try machine("oracle")
    machine.preimages = .custom { _ in throw Offline() }
    let error = #expect(throws: FalconetError.self) { try machine.run() }
    #expect(error?.code == .preimageSource)
    #expect(error?.cause is Offline)
  }

  @Test("Another thread ends a run, and another run goes on") func anotherThreadEndsRunAnd() throws
  {
    let machine = try machine("threads")
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(try machine.run(cancellation: cancellation) == .cancelled)
    #expect(machine.exitCode == nil)
    // So does one that proves each step, which never executes long.
    let other = Cancellation()
    var (events, count) = (RunEvents(), 0)
    events.prove(every: 1) { _ in
      count += 1
      if count == 3 { other.cancel() }
    }
    #expect(try machine.run(events: events, cancellation: other) == .cancelled)
    #expect(count == 3)
    #expect(try machine.run(until: machine.step + 1_000) == .step)
  }

  @Test("Of two runs at a time, each ends with its own cancellation alone")
  func ownCancellations() throws {
    for cancelsOuter in [true, false] {
      let (outer, inner) = (try machine("threads"), try machine("threads"))
      let (first, second) = (Cancellation(), Cancellation())
      var events = RunEvents()
      var innerReason: StopReason?
      events.prove(every: 1) { _ in
        if innerReason != nil { return }
        (cancelsOuter ? first : second).cancel()
        innerReason = try inner.run(until: 1_000, cancellation: second)
      }
      let outerReason = try outer.run(until: 1_000, events: events, cancellation: first)
      #expect(outerReason == (cancelsOuter ? .cancelled : .step))
      #expect(innerReason == (cancelsOuter ? .step : .cancelled))
    }
  }

  @Test("A missing pre-image is an error that names its key, and nothing is lost")
  func missingPreImageAnError() throws {
    let machine = try machine("oracle")
    let error = #expect(throws: FalconetError.self) { try machine.run() }
    #expect(error?.code == .preimageMissing)
    #expect(error?.step == machine.step)
    #expect(error?.preimageKey != nil)
    machine.preimages = .directory(try Fixtures.path("preimages/oracle-valid"))
    #expect(try machine.run() == .exited)
    #expect(machine.claim().status == .valid)
  }

  @Test("Sources of every kind give the same run") func sourcesEveryKindGiveSame() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try Fixtures.path("preimages/oracle-valid")
    let recorded = try machine("oracle")
    recorded.preimages = PreimageSource.directory(path).recorded(in: folder.file("record"))
    try recorded.run()
    let replayed = try machine("oracle")
    replayed.preimages = .directory(folder.file("record"))
    try replayed.run()
    #expect(replayed.claim() == recorded.claim())
    let values = try Fixtures.preimages("oracle-valid").map { (key: $0.bytes, value: $1) }
    let table = Dictionary(
      uniqueKeysWithValues: values.compactMap { entry in
        PreimageKey(bytes: entry.key).map { ($0, entry.value) }
      })
    for source in [PreimageSource.values(table), .custom { table[$0] }] {
      let machine = try machine("oracle")
      machine.preimages = source
      try machine.run()
      #expect(machine.claim() == recorded.claim())
    }
    let changed = try machine("oracle")
    changed.preimages = PreimageSource.values(table).withLocalInputs([
      1: Array(repeating: 7, count: 32)
    ])
    #expect(throws: FalconetError.self) { try changed.run() }
  }

  @Test("Threads and memory are those of the state") func threadsAndMemoryAreThose() throws {
    let machine = try machine()
    try machine.run(until: 1_000)
    let thread = try #require(machine.threads.first)
    #expect(thread.registers.count == 34)
    #expect(thread.registers[0] == 0)
    let instruction = machine.memory(at: thread.pc, count: 4)
    #expect(instruction.count == 4)
    #expect(machine.memory(at: .max - 1, count: 4) == [0, 0, 0, 0])
    #expect(machine.memory(at: 0, count: 0).isEmpty)
  }

  @Test("A revision of another version is refused") func revisionAnotherVersionRefused() throws {
    let program = try Program(contentsOf: Fixtures.path("guests/64/hello.elf"))
    let seven = try #require(StateVersion("7"))
    let error = #expect(throws: FalconetError.self) {
      _ = try Machine(program, version: .newest, revision: seven.revisions[0])
    }
    #expect(error?.code == .invalidArgument)
    let older = try #require(StateVersion.newest.revisions.last)
    #expect(try Machine(program, version: .newest, revision: older).revision == older)
  }

  @Test("A memory limit ends the run with an error, and the state can be saved")
  func memoryLimitEndsRunWith() throws {
    let machine = try machine()
    machine.memoryLimit = 4096
    let error = #expect(throws: FalconetError.self) { try machine.run() }
    #expect(error?.code == .limit)
    machine.memoryLimit = .max
    #expect(try machine.run() == .exited)
  }

  @Test(
    "Every engine gives the same claim", arguments: [Engine.translator, .portable, .plain, .check])
  func everyEngineGivesSameClaim(engine: Engine) throws {
    let machine = try machine()
    machine.engine = engine
    try machine.run(until: 30_000)
    let other = try self.machine()
    try other.run(until: 30_000)
    #expect(machine.claim() == other.claim())
  }
}

import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Testing

/// Runs that are processes of their own, and keep states for one another.
@Suite("States that runs keep for one another")
struct StateCacheTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    folder.makeFolder("snapshots")
  }

  private var names: [String] { TemporaryFolder.names(in: folder.file("snapshots")) }

  private func path(_ step: UInt64) -> String { folder.file("snapshots/\(step).fsnap") }

  private var place: StateCachePlace { StateCachePlace(directory: folder.path) { path($0) } }

  /// - Parameter input: where the state is from; nil for the prestate.
  private func states(
    _ machine: Machine, from input: String? = nil, limit: Int = 8
  ) throws -> StateCache {
    try StateCache(place, limit: limit, machine, from: input ?? folder.file("prestate"))
  }

  private func prestate(_ guest: String = "threads") throws -> Machine {
    let prestate = try Fixtures.prestate(.v8, guest)
    return Machine(state: prestate.state, memory: prestate.memory)
  }

  /// Runs as op-challenger starts runs: from the last snapshot before a step, to that step.
  ///
  /// - Returns: the step that the run started from.
  @discardableResult
  private func run(
    to step: UInt64, limit: Int = 8, _ body: (Machine) throws -> Void = { _ in }
  ) throws -> UInt64 {
    let known = names.compactMap { UInt64($0.dropLast(".fsnap".count)) }
    let start = known.filter { $0 > 0 && $0 < step }.max()
    let machine: Machine
    if let start {
      let image = try Snapshot.load(path: path(start))
      machine = Machine(state: image.state, memory: image.memory)
    } else {
      machine = try prestate()
    }
    let states = try states(machine, from: start.map(path), limit: limit)
    try #require(states.checkStart(machine) == nil)
    while machine.step < step, !machine.hasExited {
      _ = try machine.run(until: min(step, states.next(after: machine)))
      if machine.step < step, try states.admit(machine) { try save(machine) }
    }
    if try states.end(machine, maySave: true) { try save(machine) }
    try body(machine)
    return start ?? 0
  }

  /// A machine without memory.
  private func machine(at step: UInt64) -> Machine {
    var state = MachineState(version: .v8)
    state.scalars.step = step
    return Machine(state: state, memory: Memory(wordSize: .bits64))
  }

  private func save(_ machine: Machine) throws {
    try Snapshot.save(MemoryImage(machine), path: path(machine.step))
  }

  @Test("A run starts where an earlier one ended, if that was far enough from other states")
  func lastStates() throws {
    #expect(try run(to: 22_000_000) == 0)
    #expect(names == ["22000000.fsnap"])
    // Too near to be worth a file.
    #expect(try run(to: 22_500_000) == 22_000_000)
    #expect(try run(to: 1_000_000) == 0)
    #expect(names == ["22000000.fsnap"])
    let recorded = try Fixtures.vector(.v8, "threads")
    try run(to: .max) { machine in #expect(machine.claim() == recorded.finalHash) }
    #expect(names == ["22000000.fsnap"])
  }

  @Test("No more states are stored than allowed, and what others wrote is left alone")
  func limit() throws {
    try folder.write("another's", to: "snapshots/7.fsnap.old")
    try run(to: 22_000_000, limit: 1)
    #expect(names == ["22000000.fsnap", "7.fsnap.old"])
    // A snapshot that no run stored: it stays, and is not written over.
    try folder.write("another's", to: "snapshots/24000000.fsnap")
    let kept = try states(prestate(), limit: 1)
    #expect(try !kept.admit(machine(at: 24_000_000)))
    for step in stride(from: UInt64(1_000_000), through: 25_000_000, by: 3_000_000) {
      let machine = machine(at: step)
      if try kept.admit(machine) { try save(machine) }
      #expect(names.count { $0.hasSuffix("000000.fsnap") && !$0.hasPrefix("24") } == 1)
    }
    #expect(names.contains("24000000.fsnap") && names.contains("7.fsnap.old"))
  }

  @Test("A state after which a pre-image is not available is discarded, if a run stored it")
  func forgetting() throws {
    try run(to: 22_000_000)
    try folder.write("another's", to: "snapshots/5.fsnap")
    for step: UInt64 in [5, 22_000_000] {
      try states(machine(at: step), from: path(step)).discardStart()
    }
    #expect(names == ["5.fsnap"])
  }

  @Test(
    "A corrupt record is started again, and costs nothing but the order of the questions",
    arguments: [
      "", "{", "[]", #"{"states": [1, 2]}"#, #"{"states": "x", "end": 7}"#,
      #"{"states": [{"step": 7}]}"#, #"{"states": [{"step": 7, "claim": "0x12"}]}"#,
    ])
  func damage(_ text: String) throws {
    try folder.write(text, to: ".falconet-states.json")
    guard case .corruptRecord = try states(prestate()).remark else {
      Issue.record("nothing was said")
      return
    }
    try run(to: 22_000_000)
    #expect(names == ["22000000.fsnap"])
    #expect(try run(to: 22_100_000) == 22_000_000)
  }

  @Test("A run of another program discards the states of the one before, and of no one else")
  func otherProgram() throws {
    try run(to: 22_000_000)
    try folder.write("another's", to: "snapshots/24000000.fsnap")
    #expect(try states(prestate()).remark == nil)
    #expect(names == ["22000000.fsnap", "24000000.fsnap"])
    #expect(try states(prestate("hello")).remark == .otherProgram(states: 1))
    #expect(names == ["24000000.fsnap"])
    // Nothing is left of them.
    #expect(try states(prestate()).remark == nil)
  }

  @Test("A snapshot that stands in its place, and was not stored, begins no new record")
  func askedSnapshot() throws {
    try run(to: 22_000_000)
    let later = try prestate()
    _ = try later.run(until: 100_000)
    try save(later)
    #expect(try states(later, from: path(100_000)).remark == nil)
    #expect(try run(to: 22_100_000) == 22_000_000)
  }

  @Test("A state that is not the one that was stored is refused and discarded")
  func mismatch() throws {
    try run(to: 22_000_000)
    let early = try prestate()
    _ = try early.run(until: 5)
    var state = early.state
    state.scalars.step = 22_000_000
    let other = Machine(state: state, memory: early.memory)
    try save(other)
    let error = try states(other, from: path(22_000_000)).checkStart(other)
    #expect(error?.kind == .corrupt && error?.path == path(22_000_000))
    #expect(names == [])
    #expect(try run(to: 22_000_000) == 0)
  }

  @Test("A stored state that is corrupt is discarded, by whatever path it was named")
  func damagedState() throws {
    try run(to: 22_000_000)
    try folder.write("another's", to: "snapshots/5.fsnap")
    let kept = folder.file("snapshots/../snapshots/22000000.fsnap")
    let damage = StreamError(.truncated, message: "the data ends too early")
    for kind: StreamError.Kind in [.notFound, .permission, .system(errno: 5), .interrupted] {
      #expect(try !place.discard(kept, after: StreamError(kind, message: "")))
    }
    #expect(try !place.discard(path(5), after: damage))
    #expect(names == ["22000000.fsnap", "5.fsnap"])
    #expect(try place.discard(kept, after: damage))
    #expect(try !place.discard(kept, after: damage))
    #expect(names == ["5.fsnap"])
  }

  @Test("A bisection by runs executes far less than from the prestate each time")
  func bisection() throws {
    let length = try Fixtures.vector(.v8, "threads").steps
    let wanted: UInt64 = 22_000_000
    var (low, high) = (UInt64(0), UInt64(1) << 30)
    var (executed, fromPrestate) = (UInt64(0), UInt64(0))
    while high - low > 1 {
      let middle = (low + high) / 2
      // Past the end that it knows, op-challenger does not ask.
      if middle <= length || fromPrestate == 0 {
        var end: UInt64 = 0
        let start = try run(to: middle) { end = $0.step }
        executed += end - start
        fromPrestate += end
      }
      if middle <= wanted { low = middle } else { high = middle }
    }
    #expect(executed * 3 < fromPrestate, "\(executed) for \(fromPrestate)")
  }
}

import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

@Suite("Traces whose source of pre-images fails")
struct SourceTests {
  private static let options = TraceOptions(snapshotInterval: 1_000_000)

  @Test(
    "A source that fails is an error that says so; asked again, it is reopened",
    arguments: [FailingSource.Mode.missing, .lying, .dead])
  func failures(_ mode: FailingSource.Mode) throws {
    let folder = try TemporaryFolder()
    let source = FailingSource(try Fixtures.preimages("oracle-valid"))
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      try source.open()
    }
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    for answers in [4, 3, 2, 1] {
      source.set(mode, after: answers)
      do {
        _ = try trace.lastStep()
        Issue.record("a source that fails after \(answers) answers did not")
      } catch TraceError.machine(.preimage(let error, _, _)) {
        let kinds: [FailingSource.Mode: PreimageError.Kind] = [
          .missing: .missing, .lying: .wrong, .dead: .disconnected,
        ]
        #expect(error.kind == kinds[mode])
      }
      // What is known is answered, and nothing needs the source.
      #expect(trace.incidents == [])
    }
    source.set(.honest)
    for (index, claim) in recorded.claims { #expect(try trace.claim(at: index).claim == claim) }
    #expect(try trace.lastStep().claim == recorded.vector.finalHash)
    #expect(source.openings == 5)
  }

  @Test("A source that is reopened is sent the last hint again before it is asked")
  func hints() throws {
    let folder = try TemporaryFolder()
    let source = FailingSource(try Fixtures.preimages("oracle-valid"))
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      try source.open()
    }
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    source.set(.dead, after: 8)
    #expect(throws: TraceError.self) { try trace.lastStep() }
    source.set(.honest)
    _ = try trace.lastStep()
    let hints = source.hints
    #expect(hints.count == 2)
    #expect(hints.first?.last != nil)
    #expect(hints.last?.first == hints.first?.last)
  }

  @Test("A source is opened again before the next step if the caller asks for it")
  func reopening() throws {
    let folder = try TemporaryFolder()
    let source = FailingSource(try Fixtures.preimages("oracle-valid"))
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      try source.open()
    }
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    _ = try trace.claim(at: 700_000)
    _ = try trace.claim(at: 700_001)
    #expect(source.openings == 1)
    trace.reopenPreimages()
    _ = try trace.claim(at: 700_001)
    #expect(source.openings == 1)
    #expect(try trace.lastStep().claim == recorded.vector.finalHash)
    #expect(source.openings == 2)
  }

  @Test("Wherever the machine is taken, a source has seen the right hint before it is asked")
  func hintsAfterJumps() throws {
    let source = FailingSource(try Fixtures.preimages("oracle-valid"))
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      try source.open()
    }
    let options = TraceOptions(snapshotInterval: 100_000, checkpointCount: 6)
    let whole = try TemporaryFolder()
    _ = try TraceProvider(directory: whole.path, recorded.source, options).lastStep()
    let right = Dictionary(
      source.requests.compactMap { request in request.hint.map { (request.key, $0) } },
      uniquingKeysWith: { first, _ in first })
    #expect(!right.isEmpty)
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: 4)
    let before = source.requests.count
    for _ in 0..<10 {
      let trace = try TraceProvider(directory: folder.path, recorded.source, options)
      for _ in 0..<3 { _ = try trace.claim(at: random.next() % (recorded.vector.steps - 1)) }
    }
    let requests = source.requests.dropFirst(before)
    #expect(requests.count > right.count)
    for request in requests {
      guard let hint = right[request.key] else { continue }
      #expect(request.hint == hint)
    }
  }

  @Test("After a hint that is too long to be saved no state is, so that a new source gets the hint")
  func longHint() throws {
    func call(_ number: UInt16, _ descriptor: UInt16, _ address: Int, _ count: Int) -> [UInt32] {
      [
        Assembly.set(2, to: number), Assembly.set(4, to: descriptor),
        Assembly.immediate(0x0F, rt: 5, address >> 16),
        Assembly.immediate(0x0F, rt: 6, count >> 16),
        Assembly.immediate(0x0D, rs: 6, rt: 6, count & 0xFFFF), Assembly.syscall,
      ]
    }
    let size = 1 << 27 - 3
    let wait = [
      Assembly.set(8, to: 2000), Assembly.immediate(0x09, rs: 8, rt: 8, -1),
      Assembly.immediate(0x05, rs: 8, -2), Assembly.nop,
    ]
    var image = MachineImage(
      .v8,
      code: call(5001, 4, 0x10000, 4 + size) + wait + call(5000, 5, 0x20000, 8)
        + call(5205, 0, 0, 0))
    image.state.scalars.preimageKey[0] = 1
    image.write((0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) }, at: 0x10000)
    let source = FailingSource([:])
    let prestate = image
    let trace = TraceSource(
      prestate: { () throws(StreamError) in
        do { return MemoryImage(state: prestate.state, memory: try prestate.memory()) } catch {
          throw StreamError(.corrupt, message: "\(error)")
        }
      }, preimages: { () throws(PreimageError) in try source.open() })
    let folder = try TemporaryFolder()
    let options = TraceOptions(snapshotInterval: 1000)
    _ = try TraceProvider(directory: folder.path, trace, options).claim(at: 3000)
    #expect(source.hints.map { $0.map(\.count) } == [[size]])
    _ = try TraceProvider(directory: folder.path, trace, options).lastStep()
    #expect(source.requests.first?.hint?.count == size)
  }

  @Test(
    "A server that stalls, dies, answers short or lies, then one that doesn't",
    arguments: ["stall", "die", "short", "lie"])
  func servers(_ mode: String) throws {
    let folder = try TemporaryFolder()
    let script =
      #filePath.dropLast("/FalconetTraceTests/Failures/SourceTests.swift".count)
      + "/Servers/folder.py"
    let preimages = try Fixtures.path("preimages/oracle-valid")
    let now = Shared(mode)
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      // A busy host can take seconds to start a server, which is no stall.
      let patience: Duration = now.value == "stall" ? .milliseconds(500) : .seconds(30)
      let options = ServerOracle.Options(timeout: patience, hurriedGrace: .short)
      do throws(ProcessStartError) {
        return try ServerOracle(
          command: ["python3", String(script), now.value, preimages], options: options
        ) { _, _ in }
      } catch { throw PreimageError(.unreadable, message: "\(error)") }
    }
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    for _ in 0..<2 {
      do {
        _ = try trace.lastStep()
        Issue.record("a server that fails did not")
      } catch TraceError.machine(.preimage(let error, _, _)) {
        let kinds: [String: PreimageError.Kind] = [
          "stall": .stalled, "die": .disconnected, "short": .disconnected, "lie": .wrong,
        ]
        #expect(error.kind == kinds[mode])
      }
    }
    now.value = "serve"
    #expect(try trace.lastStep().claim == recorded.vector.finalHash)
  }

  @Test("A source that can't be opened is an error; what is known is still answered")
  func noSource() throws {
    let folder = try TemporaryFolder()
    let honest = try RecordedTrace(.v8, "oracle")
    var trace: TraceProvider? = try TraceProvider(
      directory: folder.path, honest.source, Self.options)
    let claim = try trace?.claim(at: 5_000_000)
    trace = nil
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      throw PreimageError(.unreadable, message: "no server here")
    }
    let other = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    #expect(try other.claim(at: 5_000_000) == claim)
    #expect { try other.claim(at: 6_000_000) } throws: { "\($0)" == "no server here" }
  }

  @Test("A question ends when the caller cancels it, and is answered when asked again")
  func interruption() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "threads")
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    let left = Shared(5)
    trace.setInterruption { _ in
      left.withLock {
        $0 -= 1
        return $0 < 0
      }
    }
    #expect {
      try trace.lastStep()
    } throws: {
      if case .interrupted? = $0 as? TraceError { true } else { false }
    }
    trace.setInterruption { _ in false }
    #expect(try trace.lastStep().claim == recorded.vector.finalHash)
    #expect(try trace.status().executedSteps == recorded.vector.steps)
  }

  @Test("A prestate that changed, or one that has exited, is refused")
  func prestates() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (try RecordedTrace(.v8, "hello"), try RecordedTrace(.v8, "oracle"))
    let changed = Shared(false)
    var source = first.source
    source.prestate = { () throws(StreamError) in
      try (changed.value ? second : first).source.prestate()
    }
    // Without states in memory the machine has to go back to the prestate's file.
    let options = TraceOptions(memoryBudget: 0)
    let trace = try TraceProvider(directory: folder.path, source, options)
    _ = try trace.claim(at: 1000)
    changed.value = true
    #expect(throws: TraceError.self) { try trace.claim(at: 10) }
    changed.value = false
    #expect(try trace.claim(at: 10).isPastEnd == false)

    source.prestate = { () throws(StreamError) in
      let image = try first.source.prestate()
      let machine = Machine(state: image.state, memory: image.memory)
      guard (try? machine.run(until: .max)) == .exited else {
        throw StreamError(.corrupt, message: "the guest does not exit")
      }
      return MemoryImage(machine)
    }
    let exited = source
    #expect {
      try TraceProvider(directory: folder.file("exited"), exited)
    } throws: { "\($0)".contains("has exited") }
  }

  @Test("Of what lies before a prestate nothing is answered")
  func laterPrestate() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    var source = recorded.source
    source.prestate = { () throws(StreamError) in
      let image = try recorded.source.prestate()
      let machine = Machine(state: image.state, memory: image.memory)
      guard (try? machine.run(until: 1000)) == .step else {
        throw StreamError(.corrupt, message: "the guest is too short")
      }
      return MemoryImage(machine)
    }
    let later = try TraceProvider(directory: folder.file("later"), source)
    let whole = try TraceProvider(directory: folder.file("whole"), recorded.source)
    #expect(try later.claim(at: 999) == whole.claim(at: 999))
    #expect(try later.claim(at: 1000) == whole.claim(at: 1000))
    #expect(try later.step(at: 1000) == whole.step(at: 1000))
    #expect(try later.lastStep() == whole.lastStep())
    #expect(try later.claim(at: .max) == whole.claim(at: .max))
    for index in [0, 500, 998] as [UInt64] {
      #expect(throws: TraceError.self) { try later.claim(at: index) }
      #expect(throws: TraceError.self) { try later.step(at: index) }
    }
    #expect(throws: TraceError.self) { try later.step(at: 999) }
  }
}

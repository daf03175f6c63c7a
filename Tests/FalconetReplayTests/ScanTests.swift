import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Keccak
import Testing

@Suite("Finding steps in one pass") struct ScanTests {
  /// 32 and 64 bit, one thread and more, of three languages.
  private static let runs =
    Fixtures.recordedRuns.filter {
      ["hello", "oracle", "threads"].contains($0.guest)
        && [.v0, .v1, .v2, .v4, .v5, .v8].contains($0.version)
    } + Fixtures.toolchainRuns.filter { $0.version == .v8 && $0.guest != "c-shapes" }

  /// What is looked for, from what some steps of the run do.
  private static func request(
    _ machine: Machine, steps: Int, using random: inout SeededGenerator
  ) throws -> ScanRequest {
    var addresses: [UInt64] = []
    var written: [UInt64] = []
    var read: [UInt64] = []
    var thread: UInt64 = 0
    for _ in 0..<steps where !machine.hasExited {
      if machine.isInstructionNext, random.chance(97), let active = machine.state.activeThread {
        addresses.append(active.pc)
        thread = active.id
        if let access = machine.nextAccess {
          if access.isWrite {
            written.append(access.range.start)
          } else {
            read.append(access.range.start)
          }
        }
      }
      // Where the program has its clock and pre-images written to.
      if [.read, .clockGetTime, .getrandom].contains(machine.nextSystemCall) {
        let registers = machine.state.activeThread?.registers ?? Registers()
        written.append(registers[machine.nextSystemCall == .getrandom ? 4 : 5])
      }
      try machine.runStep()
    }
    var request = ScanRequest()
    for _ in 0..<3 where !addresses.isEmpty {
      request.conditions.addresses.insert(random.pick(addresses))
      request.calls.insert(random.pick(addresses))
    }
    for list in [written, Array(written.suffix(3))] where !list.isEmpty {
      request.conditions.writes.append(
        WatchedRange(random.pick(list), count: UInt64(1 + random.below(9))))
    }
    if random.chance(3), !read.isEmpty {
      request.conditions.reads = [WatchedRange(random.pick(read), count: 4)]
    }
    request.conditions.systemCalls = random.chance(2)
    if random.chance(4) { request.thread = thread }
    return request
  }

  /// What a step of a run by plain steps does, by other means than the scan's.
  private struct Expected: Equatable {
    var step: UInt64
    var kinds: Set<String> = []
  }

  private static func expected(
    _ machine: Machine, _ request: ScanRequest, until last: UInt64
  ) throws -> [Expected] {
    var all: [Expected] = []
    func contents() -> [[UInt8]] {
      request.conditions.writes.map { range in
        var bytes: [UInt8] = []
        machine.memory.read(
          into: &bytes, from: range.start, count: Int(range.last - range.start + 1))
        return bytes
      }
    }
    var before = contents()
    while !machine.hasExited, machine.step < last {
      var row = Expected(step: machine.step)
      let thread = machine.state.activeThread
      let isInstruction = machine.isInstructionNext
      if isInstruction, let pc = thread?.pc {
        if request.conditions.addresses.contains(pc) { row.kinds.insert("instruction") }
        if request.calls.contains(pc) { row.kinds.insert("call") }
      }
      if let access = machine.nextAccess {
        let ranges = access.isWrite ? request.conditions.writes : request.conditions.reads
        if ranges.contains(where: { $0.overlaps(access.range) }) {
          row.kinds.insert(access.isWrite ? "write" : "read")
        }
      }
      let call = machine.nextSystemCall
      if call != nil, request.conditions.systemCalls { row.kinds.insert("syscall") }
      try machine.runStep()
      // Only loads, stores and calls change memory.
      if call != nil || row.kinds.contains("write") {
        let after = contents()
        if call != nil, after != before { row.kinds.insert("write") }
        before = after
      } else if machine.step % 1000 == 0 {
        #expect(contents() == before, "a step before \(machine.step) wrote unseen")
      }
      guard !row.kinds.isEmpty, request.thread == nil || request.thread == thread?.id else {
        continue
      }
      all.append(row)
    }
    return all
  }

  private static func kind(_ event: ScanHit.Event) -> String {
    switch event {
    case .instruction: "instruction"
    case .call: "call"
    case .access(let access, _, _): access.isWrite ? "write" : "read"
    case .systemCall: "syscall"
    case .preimage: "preimage"
    case .hint: "hint"
    case .output: "output"
    }
  }

  @Test("A scan finds what plain steps do, with every engine", arguments: runs)
  func engines(_ run: RecordedRun) throws {
    var random = SeededGenerator(seed: UInt64(run.version.rawValue) << 8 | UInt64(run.guest.count))
    let length = isLongRun ? 1_000_000 : 150_000
    for skipped: UInt64 in [0, 560_000] {
      let machine = try Fixtures.machine(run, .step)
      machine.engine = .translator
      guard try machine.run(until: skipped) == .step else { continue }
      machine.engine = .step
      let begin = machine.checkpoint()
      let request = try Self.request(machine, steps: length, using: &random)
      machine.restore(begin)
      let last = skipped + UInt64(length)
      let expected = try Self.expected(machine, request, until: last)
      let (end, claim) = (machine.step, machine.claim())
      for engine in [EngineKind.translator, .portable, .step] {
        let scanned = try Fixtures.machine(run)
        _ = try scanned.run(until: skipped)
        scanned.engine = engine
        var found: [Expected] = []
        _ = try scanned.scan(until: last, for: request) { hit in
          found.append(Expected(step: hit.step, kinds: Set(hit.events.map(Self.kind))))
          return true
        }
        #expect(scanned.step == end && scanned.claim() == claim, "\(engine), \(request)")
        // A call may write what was there.
        let kinds = Dictionary(uniqueKeysWithValues: expected.map { ($0.step, $0.kinds) })
        let others = found.filter { row in
          let match = kinds[row.step, default: []]
          return match != row.kinds && row.kinds.subtracting(match) != ["write"]
        }
        #expect(others.isEmpty, "\(engine), \(request)")
        let all = Dictionary(uniqueKeysWithValues: found.map { ($0.step, $0.kinds) })
        let missing = expected.filter { !$0.kinds.isSubset(of: all[$0.step, default: []]) }
        #expect(missing.isEmpty, "\(engine), \(request)")
        #expect(found.map(\.step) == found.map(\.step).sorted())
      }
    }
  }

  /// Records what reaches a host.
  private final class Host: PreimageOracle {
    var source: any PreimageOracle
    var hints: [[UInt8]] = []

    init(_ source: any PreimageOracle) { self.source = source }

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      try source.preimage(for: key)
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) { hints.append(hint) }
  }

  @Test(
    "Hints, pre-images and output are those of a run by plain steps",
    arguments: [
      RecordedRun(version: .v8, guest: "oracle"), RecordedRun(version: .v2, guest: "oracle"),
      RecordedRun(version: .v5, guest: "hello"), RecordedRun(version: .v8, guest: "c-kona-like"),
    ])
  func host(_ run: RecordedRun) throws {
    let machine = try Fixtures.machine(run, .step)
    let host = Host(try Fixtures.oracle(run))
    machine.oracle = host
    var expected: [String] = []
    var output: [UInt8] = []
    machine.onOutput = { stream, bytes in
      output += bytes
      expected.append("\(stream) \(bytes)")
    }
    while !machine.hasExited {
      let hints = host.hints.count
      try machine.runStep()
      if let read = machine.lastPreimageRead, read.offset == 0 {
        expected.append("preimage \(read.key) \(read.value.count - 8)")
      }
      expected += host.hints[hints...].map { "hint \($0)" }
    }
    for engine in [EngineKind.translator, .portable] {
      let scanned = try Fixtures.machine(run, engine)
      let second = Host(try Fixtures.oracle(run))
      scanned.oracle = second
      var passed: [UInt8] = []
      scanned.onOutput = { passed += $1 }
      var request = ScanRequest()
      request.hints = true
      request.preimages = true
      request.output = true
      var found: [String] = []
      let stop = try scanned.scan(until: .max, for: request) { hit in
        for event in hit.events {
          switch event {
          case .hint(let bytes, let size):
            #expect(size == bytes.count)
            found.append("hint \(bytes)")
          case .preimage(let key, let size): found.append("preimage \(key) \(size)")
          case .output(let stream, let bytes): found.append("\(stream) \(bytes)")
          case .instruction, .call, .access, .systemCall: Issue.record("\(event)")
          }
        }
        return true
      }
      #expect(stop == .exited)
      #expect(found == expected)
      #expect(second.hints == host.hints)
      #expect(passed == output)
      #expect(scanned.oracle is Host)
      #expect(scanned.claim() == machine.claim())
    }
    #expect(!expected.isEmpty)
  }

  @Test("A scan ends when the caller says so, and goes on from there")
  func ends() throws {
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    var request = ScanRequest()
    request.conditions.systemCalls = true
    var all: [UInt64] = []
    _ = try machine.scan(until: .max, for: request) { hit in
      all.append(hit.step)
      return true
    }
    let again = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    var some: [UInt64] = []
    while !again.hasExited {
      _ = try again.scan(until: .max, for: request) { hit in
        some.append(hit.step)
        return some.count % 3 != 0
      }
    }
    #expect(some == all)
    #expect(again.claim() == machine.claim())
  }

  @Test("Registers before the step decide whether it counts")
  func values() throws {
    let run = RecordedRun(version: .v8, guest: "hello")
    var request = ScanRequest()
    request.conditions.systemCalls = true
    func calls() throws -> [SystemCallRecord] {
      var calls: [SystemCallRecord] = []
      _ = try Fixtures.machine(run).scan(until: .max, for: request) { hit in
        for case .systemCall(let call) in hit.events { calls.append(call) }
        return true
      }
      return calls
    }
    let all = try calls()
    request.values = [RegisterValue(.general(2), 5001)]
    let writes = try calls()
    #expect(!writes.isEmpty && writes.count < all.count)
    #expect(writes.map(\.step) == all.filter { $0.name == "write" }.map(\.step))
    #expect(writes.allSatisfy { $0.answer == .value($0.arguments[2]) })
    request.values.append(RegisterValue(.general(4), 2))
    #expect(try calls().map(\.step) == writes.filter { $0.arguments[0] == 2 }.map(\.step))
  }
}

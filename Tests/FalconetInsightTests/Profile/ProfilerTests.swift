import FalconetInsight
import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Profiles")
struct ProfilerTests {
  private func written(_ profile: FalconetInsight.Profile, _ format: ProfileFormat) throws
    -> [UInt8]
  {
    let sink = MemorySink()
    try format.write(profile, to: sink)
    #expect(sink.isFinished)
    return sink.bytes
  }

  private func folded(_ profile: FalconetInsight.Profile) throws -> [(stack: String, steps: UInt64)]
  {
    try String(decoding: written(profile, .folded), as: UTF8.self).split(separator: "\n").map {
      let space = try #require($0.lastIndex(of: " "))
      return (String($0[..<space]), try #require(UInt64($0[$0.index(after: space)...])))
    }
  }

  private func profile(
    _ version: StateVersion, _ name: String, _ interval: SamplingInterval,
    engine: EngineKind = .translator
  ) throws -> (guest: Guest, profile: FalconetInsight.Profile) {
    let guest = try Guest(version, name, engine: engine)
    let profiler = Profiler(guest.machine, symbols: guest.symbols, interval: interval)
    #expect(try profiler.run(until: .max) == .exited)
    return (guest, profiler.profile)
  }

  @Test(
    "Every step is counted once, and the run is the same as without",
    arguments: [SamplingInterval.adaptive, .steps(997), .steps(1_000_000_000)])
  func total(_ interval: SamplingInterval) throws {
    let (guest, profile) = try profile(.v8, "threads", interval)
    let vector = try Fixtures.vector(.v8, "threads")
    #expect(guest.machine.claim() == vector.finalHash)
    #expect(profile.steps == vector.steps)
    #expect(profile.stacks.reduce(0) { $0 + $1.samples } == profile.samples)
    #expect(try folded(profile).reduce(0) { $0 + $1.steps } == vector.steps)
    if case .steps(let steps) = interval {
      #expect(profile.samples == (vector.steps + steps - 1) / steps)
    }
  }

  @Test("With a given interval a profile is the same every time, on either engine")
  func deterministic() throws {
    let fast = try profile(.v5, "abort", .steps(499)).profile
    let plain = try profile(.v5, "abort", .steps(499), engine: .step).profile
    for format in ProfileFormat.allCases {
      #expect(try written(fast, format) == written(plain, format))
    }
    #expect(fast.stacks.count > 50)
  }

  @Test("What a run is stopped for does not change its profile")
  func events() throws {
    let whole = try profile(.v8, "hello", .steps(101)).profile
    let guest = try Guest(.v8, "hello")
    let profiler = Profiler(guest.machine, symbols: guest.symbols, interval: .steps(101))
    while try profiler.run(until: guest.machine.step + 1013) == .step {}
    #expect(try written(profiler.profile, .folded) == written(whole, .folded))
  }

  @Test(
    "Stacks beyond the limit count for their callers, and the profile says so",
    arguments: [1, 64, 600])
  func limit(_ nodeLimit: Int) throws {
    let guest = try Guest(.v8, "abort")
    let profiler = Profiler(
      guest.machine, symbols: guest.symbols, interval: .steps(101), nodeLimit: nodeLimit)
    _ = try profiler.run(until: .max)
    let profile = profiler.profile
    #expect(profile.stacks.count <= nodeLimit)
    #expect(profile.mergedSteps > 0)
    #expect(profile.mergedSteps < profile.steps || nodeLimit == 1)
    #expect(profile.stacks.reduce(0) { $0 + $1.samples } == profile.samples)
    let whole = try self.profile(.v8, "abort", .steps(101)).profile
    #expect(whole.mergedSteps == 0)
    #expect(profile.steps == whole.steps)
    #expect(try folded(profile).reduce(0) { $0 + $1.steps } == whole.steps)
    for format in [ProfileFormat.pprof, .flameGraph] {
      let text = String(decoding: try written(profile, format), as: UTF8.self)
      #expect(text.contains("\(profile.mergedSteps) steps"))
    }
    // The heaviest stack is kept.
    guard nodeLimit == 600 else { return }
    let heaviest = try #require(try folded(whole).max { $0.steps < $1.steps })
    #expect(try folded(profile).contains { $0.stack == heaviest.stack })
  }

  @Test("A profile of a stretch of a run begins where the stretch does")
  func stretch() throws {
    let guest = try Guest(.v8, "hello")
    _ = try guest.machine.run(until: 100_000)
    let profiler = Profiler(guest.machine, symbols: guest.symbols, interval: .steps(1000))
    #expect(try profiler.run(until: 150_500) == .step)
    #expect(profiler.profile.steps == 50_500)
    #expect(profiler.profile.samples == 51)
  }

  @Test("A run that is to stop does")
  func interruption() throws {
    let guest = try Guest(.v8, "threads")
    guest.machine.shouldInterrupt = { true }
    let profiler = Profiler(guest.machine, symbols: guest.symbols)
    #expect(try profiler.run(until: .max) == .interrupted)
    #expect(guest.machine.step < 5_000_000)
  }

  @Test("The functions that a program spends its time in are there, below their callers")
  func functions() throws {
    let stacks = try folded(try profile(.v8, "threads", .steps(9973)).profile)
    let steps = { (part: String) in
      stacks.filter { $0.stack.contains(part) }.reduce(UInt64(0)) { $0 + $1.steps }
    }
    let total = stacks.reduce(0) { $0 + $1.steps }
    #expect(steps("runtime.goexit;runtime.main;main.main") > 0)
    #expect(steps("main.") * 4 > total)
    #expect(steps("runtime.goexit") * 2 > total)
  }

  @Test(
    "An independent reader finds the same in pprof's form",
    .enabled(if: Python.isInstalled, "no python3"))
  func pprof() throws {
    let profile = try profile(.v8, "abort", .steps(499)).profile
    let text = try Python.withFile(written(profile, .pprof)) {
      try Python.run([Python.reader("pprof.py"), $0])
    }
    let json = JSONReader(ByteReader(MemorySource(text)))
    var steps: [String: UInt64] = [:]
    var samples: UInt64 = 0
    try json.beginObject()
    while let key = try json.nextKey() {
      guard key == "stacks" else {
        try json.skipValue()
        continue
      }
      try json.beginArray()
      while try json.nextElement() {
        var name = ""
        var values: [UInt64] = []
        try json.beginObject()
        while let key = try json.nextKey() {
          if key == "functions" {
            name = try json.readString()
          } else {
            try json.beginArray()
            while try json.nextElement() { values.append(try json.readUInt64()) }
          }
        }
        #expect(values.count == 2)
        samples += values[0]
        steps[name, default: 0] += values[1]
      }
    }
    #expect(samples == profile.samples)
    let expected = try folded(profile)
    #expect(steps == Dictionary(uniqueKeysWithValues: expected.map { ($0.stack, $0.steps) }))
  }

  @Test(
    "The name of a file tells the form",
    arguments: [
      ("a.pb.gz", ProfileFormat.pprof), ("b.folded", .folded), ("c.svg", .flameGraph),
    ])
  func names(_ name: String, _ format: ProfileFormat) throws {
    #expect(try ProfileFormat(fileName: name) == format)
    #expect(throws: StreamError.self) { try ProfileFormat(fileName: name + ".txt") }
  }
}

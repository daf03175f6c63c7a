import Falconet
import FalconetTestSupport
import Testing

@Suite("Observing a machine") struct ObservationTests {
  private func machine() throws -> Falconet.Machine {
    let program = try Program(contentsOf: Fixtures.path("guests/64/hello.elf"))
    return try Machine(program, version: StateVersion("8") ?? .newest)
  }

  @Test("Reported are calls, functions and accesses, and nothing else is different")
  func events() throws {
    let program = try Program(contentsOf: Fixtures.path("guests/64/hello.elf"))
    let machine = try machine()
    let main = try #require(program.addresses(of: "main.main")).lowerBound
    var filter = StepFilter()
    filter.addresses = [main]
    filter.includesSystemCalls = true
    let word: UInt64 = 0x7FFF_FFFF_EF10
    filter.writes = [word..<word + 16, 5..<5]
    var output: [UInt8] = []
    machine.onOutput = { output += $1 }
    var (functions, written): (Int, [UInt8]) = (0, [])
    var last: UInt64 = 0
    let stop = try machine.observe(filter) { step in
      #expect(step.step == machine.step - 1)
      #expect(step.step >= last && !step.events.isEmpty)
      last = step.step
      for event in step.events {
        switch event {
        case .instruction:
          #expect(step.thread.pc == main)
          functions += 1
        case .write(let range, _, let after):
          #expect(range.overlaps(word..<word + 16))
          let bytes = machine.memory(at: range.lowerBound, count: min(range.count, 8))
          #expect(bytes.reduce(0) { $0 << 8 | UInt64($1) } == after)
        case .systemCall(let number, let name, let arguments, let result, let error):
          #expect(step.thread.registers[2] == number)
          #expect(error == nil)
          if name == "write" {
            #expect(result == arguments[2])
            written += machine.memory(at: arguments[1], count: Int(arguments[2]))
          }
        case .read, .preimage, .hint: Issue.record("\(event)")
        }
      }
      return true
    }
    #expect(stop == .exited && functions == 1)
    #expect(written == output && !output.isEmpty)
    let straight = try self.machine()
    try straight.run()
    #expect(straight.claim() == machine.claim())
  }

  @Test("The closure ends the run, or fails it, and the machine goes on")
  func ends() throws {
    struct Failure: Error {}
    let machine = try machine()
    var filter = StepFilter()
    filter.includesSystemCalls = true
    var steps: [UInt64] = []
    let stop = try machine.observe(filter) { step in
      steps.append(step.step)
      return steps.count < 3
    }
    #expect(stop == .cancelled && steps.count == 3)
    #expect(try machine.observe(filter, until: machine.step + 10) { _ in true } == .step)
    do {
      try machine.observe(filter) { _ in throw Failure() }
      Issue.record("no error")
    } catch {
      #expect(error.code == .callback && error.cause is Failure)
    }
    let cancellation = Cancellation()
    #expect(
      try machine.observe(filter, cancellation: cancellation) { _ in
        cancellation.cancel()
        return true
      } == .cancelled)
    #expect(try machine.observe(filter) { _ in true } == .exited)
  }

  @Test("More bytes than can be watched are an error") func limits() throws {
    var filter = StepFilter()
    filter.writes = [0..<1 << 20]
    #expect(try machine().observe(filter, until: 10) { _ in true } == .step)
    for ranges: [Range<UInt64>] in [[0..<1 << 20, 5..<6], [0..<UInt64.max], [7..<1 << 63]] {
      filter.writes = ranges
      let error = #expect(throws: FalconetError.self) {
        try machine().observe(filter, until: 10) { _ in true }
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("Hints and pre-images are reported as they are")
  func host() throws {
    let program = try Program(contentsOf: Fixtures.path("guests/64/oracle.elf"))
    let machine = try Machine(program, version: StateVersion("8") ?? .newest)
    machine.preimages = .directory(try Fixtures.path("preimages/oracle-valid"))
    var filter = StepFilter()
    filter.includesHostRequests = true
    var (keys, hints): ([PreimageKey], Int) = ([], 0)
    try machine.observe(filter) { step in
      for event in step.events {
        switch event {
        case .preimage(let key, _): keys.append(key)
        case .hint(let bytes, let size):
          #expect(bytes.count == min(size, 1024))
          hints += 1
        case .instruction, .write, .read, .systemCall: Issue.record("\(event)")
        }
      }
      return true
    }
    #expect(keys.first == .local(1) && keys.count > 3 && hints > 0)
  }
}

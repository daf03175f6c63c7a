import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@testable import _FalconetFuzzing

struct FuzzTargetTests {
  @Test(
    "Seeds, and what random changes make of them, break no promise", arguments: FuzzTarget.allCases)
  func seedsBreakNoPromise(_ target: FuzzTarget) throws {
    let session = try target.open()
    let seeds = try session.seeds()
    #expect(seeds.count > 1)
    #expect(Set(seeds.map(\.name)).count == seeds.count)
    for seed in seeds { check(session, seed.bytes, seed.name) }
    var mutation = Mutation(seed: 0xFA1C)
    let count = getenv("FALCONET_LONG") == nil ? Self.usualCount(target) : 50_000
    for number in 0..<count {
      check(session, mutation.input(from: seeds.map(\.bytes)), "change \(number)")
    }
  }

  /// As many as take a second or two.
  private static func usualCount(_ target: FuzzTarget) -> Int {
    switch target {
    case .claimLog, .trace, .adoption, .run: 50
    default: 250
    }
  }

  private func check(_ session: FuzzSession, _ input: [UInt8], _ name: String) {
    do { try session.run(input) } catch {
      Issue.record("\(name), \(input.count) bytes: \(error)\n\(Hex.encode(input))")
    }
  }

  @Test("Inputs of few bytes break no promise", arguments: FuzzTarget.allCases)
  func shortInputsBreakNoPromise(_ target: FuzzTarget) throws {
    let session = try target.open()
    check(session, [], "nothing")
    for byte in 0...UInt8.max { check(session, [byte], "a byte") }
    check(session, [1, 0], "two bytes")
    check(session, [3, 1, 0, 0, 0], "five bytes")
  }

  @Test("A run in the process of others leaves the limits of their memories alone")
  func runLeavesLimitsAlone() throws {
    let session = try FuzzTarget.run.open()
    for seed in try session.seeds().prefix(3) { check(session, seed.bytes, seed.name) }
  }

  @Test("A broken promise is an error that says where")
  func brokenPromiseIsAnError() {
    let error = #expect(throws: Finding.self) { try found("a promise is broken") }
    #expect(error?.description.hasPrefix("FalconetFuzzingTests/FuzzTargetTests.swift:") == true)
    #expect(error?.description.hasSuffix(": a promise is broken") == true)
  }

  @Test("A target's seeds are files that its reader takes")
  func targetSeedsAreFilesThat() throws {
    for seed in try FuzzTarget.binary.open().seeds() {
      #expect(try SnapshotChecks(of: .bin).run(seed.bytes) != nil, "\(seed.name)")
    }
    for seed in try FuzzTarget.proof.open().seeds() where !seed.name.hasSuffix("data") {
      let reader = try ProofReader(MemorySource(seed.bytes))
      let proof = try #require(try reader.next())
      #expect(ProofVerifier.verify(proof).holds, "\(seed.name)")
    }
  }

  @Test("Every version's sample guest runs to its end and reads its input")
  func everyVersionSampleGuestRuns() throws {
    for version in StateVersion.allCases {
      let guest = try SampleGuest(version)
      let machine = try guest.machine(after: .max)
      #expect(machine.hasExited && machine.state.scalars.exitCode == 0)
      #expect(machine.memory.loadWord(at: 0x3008) == word(of: version))
    }
  }

  private func word(of version: StateVersion) -> UInt64 {
    version.wordSize == .bits64 ? 0x0102_0304_0506_0708 : 0x0102_0304
  }
}

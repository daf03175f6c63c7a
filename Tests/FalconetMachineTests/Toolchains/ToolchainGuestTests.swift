import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite("Guests of C, C++ and Rust")
struct ToolchainGuestTests {
  @Test("Claims and exit codes are those of the plain step", arguments: Fixtures.toolchainRuns)
  func claims(_ run: RecordedRun) throws {
    let vector = try Fixtures.vector(run.version, run.guest)
    #expect(vector.checkpoints.count == 7)
    try runAsRecorded(Fixtures.machine(run), vector)
  }

  /// In the long form all versions, and the runs that fail too.
  static let lockStepRuns = Fixtures.toolchainRuns.filter {
    isLongRun || [.v7, .v8].contains($0.version) && !$0.guest.hasSuffix("-invalid")
  }

  @Test(
    "Every engine is in lock step with the plain step", arguments: lockStepRuns,
    [EngineSetup.translator, .portable])
  func lockStep(_ run: RecordedRun, _ setup: EngineSetup) throws {
    let vector = try Fixtures.vector(run.version, run.guest)
    let machines = try LockStep(
      MachineImage(of: Fixtures.machine(run, .step)), setup, oracle: Fixtures.oracle(run))
    try runInSlices(machines, to: .max, seed: vector.steps)
    #expect(machines.plain.step == vector.steps)
    #expect(machines.plain.claim() == vector.finalHash)
  }

  @Test("Kona's order of things: what is read, and what is hinted before it")
  func hints() throws {
    let vector = try Fixtures.vector(.v8, "c-kona-like")
    let prestate = try Fixtures.prestate(.v8, "c-kona-like")
    let oracle = Listener(try Fixtures.preimages(of: vector))
    let machine = Machine(state: prestate.state, memory: prestate.memory, oracle: oracle)
    #expect(try machine.run(until: .max) == .exited)
    // Boot information first, from local inputs 1 to 7.
    #expect(oracle.keys.prefix(7).map { $0[0] } == [UInt8](repeating: 1, count: 7))
    #expect(oracle.keys.prefix(7).map { $0[31] } == Array(1...7))
    let names = Set(oracle.hints.map { String($0.split(separator: " ")[0]) })
    #expect(
      names == [
        "starting-l2-output", "l2-block-header", "l1-block-header", "l1-blob", "l1-transactions",
        "l2-account-proof", "l2-state-node", "l2-code",
      ])
    #expect(oracle.hints[0].hasPrefix("starting-l2-output 0x"))
    #expect(oracle.hints[0].utf8.count == "starting-l2-output 0x".utf8.count + 64)
    let account = oracle.hints.first { $0.hasPrefix("l2-account-proof 0x") }
    #expect(account?.utf8.count == "l2-account-proof 0x".utf8.count + 2 * 28)
  }

  @Test("op-program's order of things: its local inputs, which have numbers of their own")
  func opProgram() throws {
    let vector = try Fixtures.vector(.v8, "c-op-like")
    let prestate = try Fixtures.prestate(.v8, "c-op-like")
    let oracle = Listener(try Fixtures.preimages(of: vector))
    let machine = Machine(state: prestate.state, memory: prestate.memory, oracle: oracle)
    #expect(try machine.run(until: .max) == .exited)
    let locals = oracle.keys.filter { PreimageKey.localIndex(of: $0) != nil }
    #expect(locals == oracle.keys.prefix(8).map { $0 })
    // Without the dependency set, which only op-program for interop reads.
    #expect(locals.compactMap { PreimageKey.localIndex(of: $0) } == [1, 2, 3, 4, 5, 6, 7, 9])
    #expect(machine.claim() == vector.finalHash)
  }

  @Test(
    "Swift's clang builds guests that run",
    .enabled(if: GuestBuild.clang != nil, "no clang of Swift"))
  func built() throws {
    let programs = try GuestBuild.programs()
    #expect(programs.keys.sorted() == ["kona-like", "op-like", "shapes", "small"])
    for version in [StateVersion.v7, .v8] {
      for guest in [
        "kona-like", "kona-like-invalid", "kona-like-panic", "op-like", "small", "shapes",
      ] {
        let vector = try Fixtures.vector(version, "c-" + guest)
        let bytes = try #require(programs[vector.elf.dropFirst(2).dropLast(4).description])
        let elf = try ELFFile(bytes: bytes, name: guest)
        #expect(try elf.checkCompatibility(with: version).isCompatible, "\(guest)")
        let prestate = try Prestate.load(elf, version: version)
        let machine = Machine(
          state: prestate.state, memory: prestate.memory,
          oracle: DictionaryOracle(try Fixtures.preimages(of: vector)))
        #expect(try machine.run(until: .max) == .exited)
        #expect(machine.state.scalars.exitCode == vector.exitCode, "\(guest)")
        // Another clang makes another program.
        if bytes == (try Fixtures.elf(vector.elf)) {
          #expect(machine.claim() == vector.finalHash, "\(guest)")
        }
      }
    }
  }
}

/// Notes what a guest asks for.
private final class Listener: PreimageOracle {
  private var oracle: DictionaryOracle
  private(set) var keys: [Bytes32] = []
  private(set) var hints: [String] = []

  init(_ preimages: [Bytes32: [UInt8]]) { oracle = DictionaryOracle(preimages) }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    keys.append(key)
    return try oracle.preimage(for: key)
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    hints.append(String(decoding: hint, as: UTF8.self))
  }
}

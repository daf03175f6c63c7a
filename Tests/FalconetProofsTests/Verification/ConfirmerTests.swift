import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Confirming proofs on a second machine")
struct ConfirmerTests {
  /// A program that adds, stores, and goes on for ever.
  private static func machine(_ engine: EngineKind = .translator) throws -> Machine {
    var image = MachineImage(
      .v8,
      code: [
        Assembly.immediate(0x19, rs: 9, rt: 9, 1), Assembly.immediate(0x3F, rs: 8, rt: 9, 0x100),
        Assembly.immediate(0x37, rs: 8, rt: 10, 0x200), Assembly.jump(2, to: 0x1000), Assembly.nop,
      ])
    image[register: 8] = 0x2000
    return try image.machine(engine)
  }

  @Test(
    "What the engine did is confirmed, in stretches and step by step",
    arguments: EngineKind.allCases)
  func honest(_ engine: EngineKind) throws {
    let machine = try Self.machine(engine)
    let confirmer = Confirmer(machine, stretch: 1000)
    for step in [UInt64(0), 1, 2, 900, 5000, 5001, 9999] {
      if !confirmer.covers(step) {
        _ = try machine.run(until: confirmer.start(for: step))
        confirmer.mark()
      }
      #expect(confirmer.covers(step))
      _ = try machine.run(until: step)
      let witness = try #require(try machine.prove())
      let confirmation = try confirmer.confirm(witness)
      #expect(confirmation.from + confirmation.steps == step + 1)
      #expect(confirmation.steps <= 1001)
    }
  }

  @Test("A word that an engine wrote wrong is a difference before the step")
  func wrongStore() throws {
    let machine = try Self.machine()
    let confirmer = Confirmer(machine, stretch: 1000)
    _ = try machine.run(until: 500)
    confirmer.mark()
    let marked = machine.claim()
    _ = try machine.run(until: 700)
    try machine.memory.storeWord(77, at: 0x2200)
    _ = try machine.run(until: 1000)
    let witness = try #require(try machine.prove())
    do throws(ConfirmationFailure) {
      _ = try confirmer.confirm(witness)
      Issue.record("a wrong proof was confirmed")
    } catch {
      guard case .claim(1000, true, witness.pre, let plain) = error else {
        Issue.record("\(error)")
        return
      }
      let right = try Self.machine(.step)
      _ = try right.run(until: 1000)
      #expect(plain == right.claim())
      let text = error.description
      #expect(
        text.contains("step 1000") && text.contains("\(plain)") && text.contains("\(witness.pre)"))
    }
    confirmer.goBack()
    #expect(machine.step == 500 && machine.claim() == marked)
  }

  @Test(
    "A page that an engine wrote without telling has a stale hash: the second machine rehashes it")
  func staleHash() throws {
    let machine = try Self.machine()
    let confirmer = Confirmer(machine, stretch: 1000)
    confirmer.mark()
    _ = try machine.run(until: 100)
    _ = machine.claim()
    // As a store that is not noted as a change.
    machine.memory.withPage(2) { bytes in
      UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.storeBytes(
        of: 1, toByteOffset: 0x208, as: UInt8.self)
    }
    _ = try machine.run(until: 103)
    let witness = try #require(try machine.prove())
    #expect(throws: ConfirmationFailure.self) { try confirmer.confirm(witness) }
  }

  @Test("Every part of a proof that is not the second machine's is a difference")
  func parts() throws {
    func confirm(_ change: (inout StepWitness) -> Void) throws -> String {
      let machine = try Self.machine()
      let confirmer = Confirmer(machine, stretch: 1000)
      confirmer.mark()
      _ = try machine.run(until: 11)
      var witness = try #require(try machine.prove())
      change(&witness)
      do throws(ConfirmationFailure) {
        _ = try confirmer.confirm(witness)
        return ""
      } catch { return "\(error)" }
    }
    #expect(try confirm { _ in }.isEmpty)
    #expect(try confirm { $0.post = Bytes32() }.contains("the claim after the step"))
    #expect(try confirm { $0.pre = Bytes32() }.contains("the claim before the step"))
    #expect(try confirm { $0.stateData[3] ^= 1 }.contains("another witness"))
    #expect(try confirm { $0.proofData[300] ^= 1 }.contains("another proof data"))
    #expect(
      try confirm { $0.preimage = PreimageRead(key: Bytes32(), offset: 0, value: [0]) }
        .contains("another pre-image"))
  }

  /// Counts what it is asked.
  private final class Counter: PreimageOracle {
    var source: DictionaryOracle
    var requests: [Bytes32] = []
    var hints = 0

    init(_ preimages: [Bytes32: [UInt8]]) { source = DictionaryOracle(preimages) }

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      requests.append(key)
      return try source.preimage(for: key)
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) { hints += 1 }
  }

  @Test(
    "Pre-images and hints are asked for once, also those that the machine has from before the mark",
    arguments: [300, 3_000_000] as [UInt64])
  func preimages(_ stretch: UInt64) throws {
    var requests: [[Bytes32]] = []
    var hints: [Int] = []
    for confirms in [false, true] {
      let prestate = try Fixtures.prestate(.v8, "oracle")
      let machine = Machine(state: prestate.state, memory: prestate.memory)
      let counter = Counter(try Fixtures.preimages("oracle-valid"))
      machine.oracle = counter
      let confirmer = confirms ? Confirmer(machine, stretch: stretch) : nil
      let reads = try Fixtures.proofs(.v8, "oracle").filter { $0.oracleKey != nil }.map(\.step)
        .sorted()
      for step in Set(reads + reads.map { $0 + 1 }).sorted() {
        if let confirmer, !confirmer.covers(step) {
          if machine.step < confirmer.start(for: step) {
            _ = try machine.run(until: confirmer.start(for: step))
          }
          confirmer.mark()
        }
        _ = try machine.run(until: step)
        let witness = try #require(try machine.prove())
        _ = try confirmer?.confirm(witness)
      }
      confirmer?.detach()
      #expect(machine.oracle is Counter)
      _ = try machine.run(until: .max)
      requests.append(counter.requests)
      hints.append(counter.hints)
      #expect(machine.claim() == (try Fixtures.vector(.v8, "oracle")).finalHash)
    }
    #expect(requests[0] == requests[1] && hints[0] == hints[1])
    #expect(requests[0].count > 5)
  }
}

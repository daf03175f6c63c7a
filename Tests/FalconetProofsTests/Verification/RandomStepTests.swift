import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Random steps: the machine against the verifier")
struct RandomStepTests {
  /// Steps of one version; a million over all in a long run.
  private static let steps = isLongRun ? 112_000 : 900

  @Test(
    "What the machine proves the verifier finds, and both refuse the same",
    arguments: StateVersion.allCases)
  func compare(_ version: StateVersion) throws {
    var count = 0
    var seed: UInt64 = 0
    var faults = 0
    var reads = 0
    while count < Self.steps {
      var image = RandomProgram.image(version, seed: seed)
      // A type that any pre-image fits, most of the time.
      if !seed.isMultiple(of: 4) { image.state.scalars.preimageKey[0] = seed & 1 == 0 ? 1 : 6 }
      if seed.isMultiple(of: 5) { Self.putRead(into: &image) }
      let machine = try image.machine(.step, oracle: RandomOracle())
      // From anywhere in the program.
      if !seed.isMultiple(of: 5) { _ = try? machine.run(until: machine.step &+ seed % 50) }
      defer { seed += 1 }
      for _ in 0..<40 {
        count += 1
        let before = try FailingProof(machine)
        let witness: StepWitness?
        do throws(MachineError) { witness = try machine.prove() } catch {
          if case .fault(let fault) = error {
            faults += 1
            before.expect(fault.panic, seed)
          }
          break
        }
        guard let witness else { break }
        if witness.preimage != nil { reads += 1 }
        try expectSame(witness, machine, seed)
      }
    }
    #expect(faults > 0)
    #expect(reads > 0)
  }

  /// Has the thread begin with a read of the pre-image.
  private static func putRead(into image: inout MachineImage) {
    guard image.state.activeThread != nil else { return }
    image.write(words: [Assembly.syscall], at: image.thread.pc)
    image[register: 2] = image.version.wordSize == .bits32 ? 4003 : 5000
    image[register: 4] = 5
    image[register: 6] &= 15
    image.state.scalars.preimageKey[31] &= 0x7F
  }

  private func expectSame(_ witness: StepWitness, _ machine: Machine, _ seed: UInt64) throws {
    let version = machine.version
    let verdict = ProofVerifier.verify(StepProof(witness), version: version)
    let place: Comment = "version \(version.rawValue), seed \(seed), step \(witness.step)"
    let execution = try #require(verdict.findings.first?.execution, place)
    #expect(execution.after.claim == witness.post, place)
    #expect(execution.after.state.scalars == machine.state.scalars, place)
    if let key = witness.preimage?.key, ![1, 6].contains(key[0]) || verdict.reason != nil {
      // The random pre-image is not the key's, or none that a contract takes.
      #expect(verdict.reason == "oracle-value", place)
    } else {
      #expect(verdict.holds, "\(place): \(verdict.text)")
    }
    for access in execution.accesses where execution.accesses.count == 1 {
      #expect(machine.memory.loadWord(at: access.address) == access.after ?? access.before, place)
    }
  }
}

/// The data of a step that a machine can't execute, made from what is known before it.
private struct FailingProof {
  private var input: StatelessStep.Input
  private let version: StateVersion

  init(_ machine: Machine) throws {
    version = machine.version
    var proofData: [UInt8] = []
    let stack = machine.state.threads.stack(machine.state.scalars.activeSide)
    if !version.isSingleThreaded, let thread = stack.last {
      var encoder = FieldEncoder(version: version)
      encoder.append(thread)
      let below = ThreadStackRoot.root(of: stack.dropLast(), version: version)
      proofData = encoder.bytes + below.bytes
    }
    let thread = machine.state.activeThread
    proofData += machine.memory.proof(at: thread?.pc ?? 0)
    // What a read of a pre-image touches: no other step fails after it touched memory.
    let address = (thread?.registers[5] ?? 0) & version.wordSize.addressMask
    for _ in 0..<version.dataProofCount { proofData += machine.memory.proof(at: address) }
    input = StatelessStep.Input(stateData: machine.witness(), proofData: proofData)
    let key = machine.state.scalars.preimageKey
    if let data = try? RandomOracle().preimage(for: key) {
      let length = withUnsafeBytes(of: UInt64(data.count).bigEndian) { Array($0) }
      input.preimage = PreimageRead(
        key: key, offset: machine.state.scalars.preimageOffset, value: length + data)
    }
  }

  func expect(_ panic: Panic, _ seed: UInt64) {
    do throws(StepError) {
      _ = try StatelessStep(input, revision: version.newestRevision)
      Issue.record("version \(version.rawValue), seed \(seed): executed in spite of \(panic)")
    } catch .panic(let found) where found == panic {
    } catch {
      // Without a thread there is no witness of one either.
      if panic == .noThread, case .witness(.proofDataSize) = error { return }
      Issue.record("version \(version.rawValue), seed \(seed): \(error), not \(panic)")
    }
  }
}

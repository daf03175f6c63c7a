import CFalconet
import FalconetMachine
import FalconetTestSupport
import Testing

/// Runs with events: proofs and states at many steps in one pass.
@Suite struct EventTests {
  /// What the callbacks of a run saw.
  private final class Record {
    var proofs: [OpaquePointer?] = []
    var pauses: [UInt64] = []
    var claims: [[UInt8]] = []
    /// What else a pause does with its machine.
    var onPause: (OpaquePointer?) -> Bool = { _ in true }
    var onProof: () -> Bool = { true }

    /// Steps, and what they prove.
    func steps() -> [UInt64] {
      proofs.map { proof in
        var info = falconet_proof_info()
        #expect(falconet_proof_get_info(proof, &info) == FALCONET_OK)
        #expect(falconet_proof_verify(proof, FALCONET_ANY_VERSION) == FALCONET_OK)
        return info.step
      }
    }

    deinit { for proof in proofs { falconet_proof_free(proof) } }
  }

  private func run(
    _ machine: OpaquePointer, to last: UInt64 = .max, proofs: [UInt64] = [], every: UInt64 = 0,
    pauses: [UInt64] = [], into record: Record
  ) -> (falconet_status, falconet_stop) {
    var stop = FALCONET_STOP_ADDRESS
    let status = proofs.withUnsafeBufferPointer { proofs in
      pauses.withUnsafeBufferPointer { pauses in
        var events = falconet_events()
        events.proofs = falconet_steps(
          at: proofs.baseAddress, count: proofs.count, every: every)
        events.pauses = falconet_steps(at: pauses.baseAddress, count: pauses.count, every: 0)
        events.context = Unmanaged.passUnretained(record).toOpaque()
        events.on_proof = { context, proof in
          guard let context else { return false }
          let record = Unmanaged<Record>.fromOpaque(context).takeUnretainedValue()
          record.proofs.append(proof)
          return record.onProof()
        }
        events.on_pause = { context, machine in
          guard let context else { return false }
          let record = Unmanaged<Record>.fromOpaque(context).takeUnretainedValue()
          var (step, claim) = (UInt64(0), [UInt8](repeating: 0, count: 32))
          guard falconet_machine_step(machine, &step) == FALCONET_OK,
            falconet_machine_claim(machine, &claim) == FALCONET_OK
          else { return false }
          record.pauses.append(step)
          record.claims.append(claim)
          return record.onPause(machine)
        }
        return falconet_machine_run_events(machine, last, 0, &events, &stop)
      }
    }
    return (status, stop)
  }

  @Test("Proofs and states come at their steps, in order, and are those of a straight run")
  func proofsAndStates() throws {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    let record = Record()
    let (status, stop) = run(
      machine, to: 30_000, proofs: [9_000, 70, 9_000, 30_000], every: 12_000,
      pauses: [20_000, 0, 9_000, 30_000], into: record)
    #expect(status == FALCONET_OK && stop == FALCONET_STOP_STEP)
    #expect(record.steps() == [0, 70, 9_000, 12_000, 24_000])
    #expect(record.pauses == [0, 9_000, 20_000])
    let straight = try HostileTests.machine()
    defer { falconet_machine_free(straight) }
    var reason = FALCONET_STOP_STEP
    for (step, claim) in zip(record.pauses, record.claims) {
      #expect(falconet_machine_run(straight, step, 0, &reason) == FALCONET_OK)
      var expected = [UInt8](repeating: 0, count: 32)
      #expect(falconet_machine_claim(straight, &expected) == FALCONET_OK)
      #expect(claim == expected)
    }
    #expect(run(machine, into: record) == (FALCONET_OK, FALCONET_STOP_EXITED))
    // A machine past the step does nothing.
    #expect(run(straight, to: 5, proofs: [20_000], into: record).1 == FALCONET_STOP_STEP)
    #expect(record.proofs.count == 5)
  }

  @Test("Without events a run is a run, and lists may be long") func noEvents() throws {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    var stop = FALCONET_STOP_EXITED
    var events = falconet_events()
    // Proofs that nobody receives are dropped.
    events.proofs.every = 1_000
    #expect(falconet_machine_run_events(machine, 5_000, 0, &events, &stop) == FALCONET_OK)
    #expect(falconet_machine_run_events(machine, 6_000, 0, nil, &stop) == FALCONET_OK)
    #expect(stop == FALCONET_STOP_STEP)
    let record = Record()
    // Were the list searched from its start at each of its steps, this would take minutes.
    let steps = (0..<200_000).map { UInt64($0) }
    #expect(run(machine, to: 6_100, pauses: steps, into: record).1 == FALCONET_STOP_STEP)
    #expect(record.pauses == Array(6_000..<6_100))
  }

  @Test("A callback that says no ends the run, and the next one continues") func callbackEnds()
    throws
  {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    let record = Record()
    record.onPause = { [unowned record] _ in record.pauses.count > 1 }
    record.onProof = { [unowned record] in record.proofs.count > 1 }
    let steps: [UInt64] = [100, 200]
    for _ in 0..<2 {
      let result = run(machine, to: 1_000, proofs: steps, pauses: steps, into: record)
      #expect(result == (FALCONET_OK, FALCONET_STOP_CANCELLED))
    }
    let result = run(machine, to: 1_000, proofs: steps, pauses: steps, into: record)
    #expect(result == (FALCONET_OK, FALCONET_STOP_STEP))
    #expect(record.pauses == [100, 100, 200])
    #expect(record.steps() == steps)
  }

  @Test("A pause may look at its machine; nothing may change it, and no other thread look")
  func pauseLooks() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    let record = Record()
    record.onPause = { machine in
      var (count, pages, version) = (0, UInt64(0), UInt32(0))
      var thread = falconet_thread()
      var buffer = falconet_buffer()
      let looks = [
        falconet_machine_thread_count(machine, &count),
        falconet_machine_thread(machine, 0, &thread),
        falconet_machine_page_count(machine, &pages),
        falconet_machine_version(machine, &version),
        falconet_machine_witness(machine, &buffer),
        falconet_machine_save(machine, folder.file("state.bin"), FALCONET_FORMAT_AUTO),
      ]
      falconet_buffer_free(&buffer)
      #expect(looks.allSatisfy { $0 == FALCONET_OK })
      var stop = FALCONET_STOP_STEP
      var proof: OpaquePointer?
      let changes = [
        falconet_machine_run(machine, .max, 0, &stop),
        falconet_machine_prove(machine, &proof),
        falconet_machine_set_engine(machine, FALCONET_ENGINE_STEP),
        falconet_machine_free(machine),
      ]
      #expect(changes.allSatisfy { $0 == FALCONET_BUSY })
      // The callback of a call that looks is not part of the pause.
      var context = machine
      let write = falconet_machine_write(
        machine, FALCONET_FORMAT_BIN, FALCONET_COMPRESSION_NONE,
        { context, _, _ in
          var step: UInt64 = 0
          let machine = context?.assumingMemoryBound(to: OpaquePointer?.self).pointee
          return falconet_machine_step(machine, &step) == FALCONET_BUSY ? 0 : 1
        }, &context)
      #expect(write == FALCONET_OK)
      #expect(self.isBusyForOthers(machine))
      return falconet_machine_step(machine, &pages) == FALCONET_OK
    }
    let result = run(machine, to: 2_000, pauses: [1_000], into: record)
    #expect(result == (FALCONET_OK, FALCONET_STOP_STEP))
    #expect(record.pauses == [1_000])
    #expect(folder.read("state.bin") != nil)
  }

  /// Whether another thread cannot use a machine.
  private func isBusyForOthers(_ machine: OpaquePointer?) -> Bool {
    guard let machine else { return false }
    let shared = ThreadTests.Shared(handle: machine)
    let tally = ThreadTests.Tally()
    let join = try? ThreadTests.start {
      var step: UInt64 = 0
      if falconet_machine_step(shared.handle, &step) == FALCONET_BUSY { tally.add() }
    }
    join?()
    return tally.count == 1
  }

  @Test("A cancellation from another thread ends a run that proves each step")
  func cancellation() throws {
    let machine = try ThreadTests.endless()
    defer { falconet_machine_free(machine) }
    let record = Record()
    record.onProof = { [unowned record] in
      if record.proofs.count == 3 { falconet_machine_cancel(machine) }
      return record.proofs.count < 1_000
    }
    let result = run(machine, every: 1, into: record)
    #expect(result == (FALCONET_OK, FALCONET_STOP_CANCELLED))
    #expect(record.steps() == [0, 1, 2])
  }

  @Test("Wrong arguments are errors") func wrongArguments() throws {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    var stop = FALCONET_STOP_STEP
    var events = falconet_events()
    events.proofs.count = 1
    #expect(
      falconet_machine_run_events(machine, 1, 0, &events, &stop) == FALCONET_INVALID_ARGUMENT)
    events.proofs.count = 0
    #expect(
      falconet_machine_run_events(machine, 1, 2, &events, &stop) == FALCONET_INVALID_ARGUMENT)
    #expect(
      falconet_machine_run_events(machine, 1, 0, &events, nil) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_run_events(nil, 1, 0, nil, &stop) == FALCONET_INVALID_ARGUMENT)
  }
}

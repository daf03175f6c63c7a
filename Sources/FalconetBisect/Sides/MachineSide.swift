import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A run that is executed here.
package final class MachineSide: BisectSide {
  package let name: String
  package let start: UInt64
  package let steps: [UInt64]? = nil
  package private(set) var claimCount = 0
  package private(set) var executed: UInt64 = 0

  private let oracle: any PreimageOracle
  private let engine: EngineKind
  private let chosen: Revision
  private let hintLimit: UInt64?
  private let cancellation: Cancellation
  private let keptPath: String
  private var savedStep: UInt64?
  private var machine: Machine
  /// The step that can't be executed, once it is known.
  private var failure: (step: UInt64, text: String)?

  /// A run from a snapshot on.
  ///
  /// - Parameters:
  ///   - folder: where the run's states are kept.
  ///   - revision: whose rules its steps are executed by; nil is the version's newest.
  ///   - hintLimit: bytes of hints that the source may have to get at once; nil is a machine's usual
  ///     limit.
  ///   - cancellation: ends the comparison.
  package init(
    name: String, image: MemoryImage, oracle: any PreimageOracle, engine: EngineKind = .translator,
    folder: WorkDirectory, revision: Revision? = nil, hintLimit: UInt64? = nil,
    cancellation: Cancellation = .never
  ) {
    self.name = name
    self.oracle = oracle
    self.engine = engine
    self.hintLimit = hintLimit
    self.cancellation = cancellation
    chosen = revision ?? image.state.version.newestRevision
    start = image.state.scalars.step
    keptPath = folder.file("\(name)-kept.bin")
    machine = Machine(
      state: image.state, memory: image.memory, oracle: oracle, engine: engine, revision: chosen)
    prepare()
  }

  private func prepare() {
    machine.shouldInterrupt = { [cancellation] in cancellation.isRequested }
    if let hintLimit { machine.hintLimit = hintLimit }
  }

  package var version: StateVersion? { machine.version }
  package var revision: Revision? { chosen }

  package func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    if let failure, step > failure.step {
      return SideClaim(value: .failed(failure.text), isEnd: true)
    }
    try go(to: step)
    if let failure, step > failure.step {
      return SideClaim(value: .failed(failure.text), isEnd: true)
    }
    return SideClaim(value: .claim(machine.claim()), isEnd: machine.hasExited)
  }

  package func saveState() throws(BisectError) {
    do {
      // It need not outlive this process, so it is not synced.
      let sink = try FileSink(path: keptPath, permissions: 0o600)
      try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
    } catch { throw BisectError(error) }
    savedStep = machine.step
  }

  package func execute(_ step: UInt64) throws(BisectError) -> SideStep {
    try go(to: step)
    let before = (claim: machine.claim(), witness: machine.witness())
    do throws(MachineError) {
      var proof: StepProof
      if let witness = try machine.prove() {
        executed += 1
        proof = StepProof(witness)
      } else {
        proof = StepProof(post: before.claim, stateData: before.witness, proofData: [])
        proof.step = machine.step
        proof.pre = before.claim
      }
      proof.version = machine.version
      return SideStep(proof: proof, after: MemoryImage(machine))
    } catch {
      guard case .fault(let fault) = error else { throw BisectError(error, of: name) }
      return SideStep(failure: fault.description)
    }
  }

  private func go(to step: UInt64) throws(BisectError) {
    if machine.step > step, let savedStep, savedStep <= step { try reload() }
    let before = machine.step
    defer { executed += machine.step - before }
    let end: RunEnd
    do { end = try machine.run(until: step, RunSchedule(), Undisturbed()) } catch {
      guard case .fault(let fault) = error else { throw BisectError(error, of: name) }
      failure = (fault.step, fault.description)
      return
    }
    if case .interrupted = end { throw .interrupted }
  }

  /// The observer of a run to a step, without a pause.
  private struct Undisturbed: PausingObserver {
    typealias Failure = MachineError

    func failure(_ error: MachineError) -> MachineError { error }
  }

  private func reload() throws(BisectError) {
    let image: MemoryImage
    do {
      image = try Snapshot.load(
        from: FileSource(path: keptPath),
        SnapshotReading(
          from: .bin, pageLimit: machine.pageLimit, cancellation: cancellation))
    } catch {
      throw BisectError(error)
    }
    machine = Machine(
      state: image.state, memory: image.memory, oracle: oracle, engine: engine, revision: chosen)
    prepare()
  }
}

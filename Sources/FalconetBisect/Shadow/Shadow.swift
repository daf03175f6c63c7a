import FalconetForeignVM
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Why a run does not go on beside its shadow.
package enum ShadowError: Error, Sendable, CustomStringConvertible {
  /// The two runs differ.
  case differs(ShadowDifference)
  /// The other program did not do what it was asked for, which says nothing about the claims.
  case failed(String)
  /// A file could not be written or read here.
  case file(StreamError)
  case interrupted

  init(_ error: BisectError) {
    self =
      switch error {
      case .interrupted: .interrupted
      case .file(let error): .file(error)
      case .program(_, let text): .failed(text)
      case .run, .mismatch: .failed("\(error)")
      }
  }

  package var description: String {
    switch self {
    case .differs(let difference): difference.description
    case .failed(let text): "the shadow failed: \(text)"
    case .file(let error): "\(error)"
    case .interrupted: "interrupted"
    }
  }
}

/// The first claim that a run and its shadow do not share.
package struct ShadowDifference: Sendable, CustomStringConvertible {
  /// Steps executed before the state whose claims differ.
  package let steps: UInt64
  /// The claim here, and what the shadow has in its place: a claim, or why it has none.
  package let ours: String
  package let shadows: String
  /// Whether the claims of all states before it that were compared are the same: false if nothing but
  /// the sampled step could be looked at.
  package let isFirst: Bool
  /// The directory with what a report needs.
  package let folder: String

  package var description: String {
    "the shadow disagrees: the \(isFirst ? "first differing claim" : "claim that differs") is the one"
      + " after step \(steps == 0 ? "none" : "\(steps - 1)") (of the state after \(steps) steps):"
      + " \(ours) here, \(shadows) by the shadow; \(folder) has the state to start from, the"
      + " pre-images and the proofs, for a report"
  }
}

/// Has another VM with Cannon's command line execute a sample of a machine's steps, and compares the
/// claims.
///
/// For a step of the sample the machine is marked some steps before: its state goes into a snapshot.
/// From there the other program runs up to the step and proves it; the claims before and after it are
/// compared. If they differ, both execute the steps since the mark again, claim by claim, until the
/// first that differs is found. The other program gets the pre-images that the machine got, from a
/// server that has them.
package final class Shadow {
  /// How the other program is run.
  package struct Options: Sendable {
    /// The program and what stands before `run` and `witness`.
    package var program: [String]
    /// The command line of a server of pre-images, to which the directory is added that it serves.
    package var server: [String]
    /// How long the program may take each time; nil for ever.
    package var timeout: Duration?
    /// The most steps between a mark and the step of the sample.
    package var stretch: UInt64
    /// Ends the other program.
    package var cancellation: Cancellation

    package init(
      program: [String], server: [String], timeout: Duration? = .seconds(900),
      stretch: UInt64 = 1_000_000, cancellation: Cancellation = .never
    ) {
      self.cancellation = cancellation
      self.program = program
      self.server = server
      self.timeout = timeout
      self.stretch = stretch
    }
  }

  package let options: Options
  private let machine: Machine
  private let folder: WorkDirectory
  private let record: ShadowRecord
  /// The step at which the machine was marked last, and its claim there.
  private var marked: (step: UInt64, claim: Bytes32, checkpoint: Checkpoint)?
  /// Claims that were compared.
  package private(set) var compared = 0

  /// Puts itself between the machine and its source of pre-images.
  package init(_ machine: Machine, _ options: Options) throws(ShadowError) {
    self.machine = machine
    self.options = options
    do throws(BisectError) { folder = try WorkDirectory.make(label: "shadow") } catch {
      throw ShadowError(error)
    }
    record = ShadowRecord(machine.oracle, machine.cachedPreimage)
    machine.oracle = record
  }

  /// Removes the temporary files, unless they stay for a report. Nothing can be compared after it.
  package func end() {
    marked = nil
    record.stop()
    folder.discard()
  }

  private var start: String { folder.file("start.bin.gz") }

  /// Checks, before anything takes long, that the other program starts, and has the same claim of the
  /// state where the machine is.
  package func check() throws(ShadowError) {
    try mark()
    try translated { try compareStart(try side()) }
  }

  /// The step at which the machine must be marked for a step of the sample.
  package func start(for step: UInt64) -> UInt64 {
    step > options.stretch ? step - options.stretch : 0
  }

  /// Whether a step of the sample can be compared from what is marked.
  package func covers(_ step: UInt64) -> Bool {
    marked.map { $0.step <= step && step - $0.step <= options.stretch } ?? false
  }

  /// Marks where the machine is.
  package func mark() throws(ShadowError) {
    do throws(StreamError) {
      // It need not outlive this process, so it is not synced.
      let sink = try FileSink(path: start, permissions: 0o600)
      try Snapshot.write(MemoryImage(machine), to: GzipSink(over: sink), as: .bin)
    } catch { throw ShadowError(BisectError(error)) }
    marked = (machine.step, machine.claim(), machine.checkpoint())
    record.start()
  }

  /// Takes the machine back to the last mark, when both had one claim.
  package func goBack() {
    if let marked { machine.restore(marked.checkpoint) }
  }

  /// Compares what the machine proved in its last step, and forgets the mark.
  package func compare(_ witness: StepWitness) throws(ShadowError) {
    guard covers(witness.step) else {
      throw .failed("the run was not marked before step \(witness.step)")
    }
    do throws(StreamError) { try record.write(to: folder) } catch { throw .file(error) }
    try translated {
      let side = try side()
      try compareStart(side)
      let step = try side.execute(witness.step, loadsState: false)
      if let failure = step.failure {
        throw try difference(witness, afterStep: false, failure)
      }
      guard let proof = step.proof, let pre = proof.pre, proof.step == witness.step else {
        throw BisectError.program(
          side: "shadow", "it wrote no proof of step \(witness.step), or one that lacks pre or step"
        )
      }
      if pre != witness.pre {
        throw try difference(witness, afterStep: false, "\(pre)")
      }
      if proof.post != witness.post {
        throw try difference(witness, afterStep: true, "\(proof.post)")
      }
      compared += 2
    }
    marked = nil
    record.stop()
  }

  private func translated(_ body: () throws -> Void) throws(ShadowError) {
    do { try body() } catch let error as ShadowError {
      throw error
    } catch let error as BisectError {
      throw ShadowError(error)
    } catch let error as StreamError {
      throw ShadowError(BisectError(error))
    } catch { throw .failed("\(error)") }
  }

  /// The other program, at the mark. Runs its `witness`.
  private func side() throws(BisectError) -> ProgramSide {
    try ProgramSide(
      name: "shadow",
      ProgramSide.Command(
        program: options.program, server: options.server + [folder.path + "/preimages"],
        timeout: options.timeout, cancellation: options.cancellation),
      snapshot: start, folder: folder, pageLimit: machine.pageLimit)
  }

  private func compareStart(_ side: ProgramSide) throws {
    guard let marked else { return }
    compared += 1
    let claim = try side.claim(at: marked.step)
    guard claim.value != .claim(marked.claim) else { return }
    folder.retain()
    throw ShadowError.differs(
      ShadowDifference(
        steps: marked.step, ours: "\(marked.claim)", shadows: claim.value.text, isFirst: true,
        folder: folder.path))
  }

  /// Looks for the first claim that differs, and keeps what a report needs.
  private func difference(
    _ witness: StepWitness, afterStep: Bool, _ shadows: String
  ) throws -> ShadowError {
    folder.retain()
    try StepProof(witness).save(path: folder.path + "/here-\(witness.step).json")
    if let first = try search(until: witness.step &+ 1) { return .differs(first) }
    // It does not show again: what was seen is told.
    return .differs(
      ShadowDifference(
        steps: afterStep ? witness.step &+ 1 : witness.step,
        ours: "\(afterStep ? witness.post : witness.pre)", shadows: shadows, isFirst: false,
        folder: folder.path))
  }

  private func search(until last: UInt64) throws -> ShadowDifference? {
    let image = try Snapshot.load(
      from: FileSource(path: start),
      SnapshotReading(pageLimit: machine.pageLimit, cancellation: options.cancellation))
    let here = MachineSide(
      name: "here", image: image, oracle: try DirectoryOracle(path: folder.path + "/preimages"),
      engine: machine.engine, folder: folder, revision: machine.revision,
      cancellation: options.cancellation)
    let other = try side()
    switch try Bisection(here, other).find(until: last) {
    case .same, .differsAtStart: return nil
    case .differs(let before, let first, let ours, let shadows):
      if first - before == 1, let both = try? Divergence(at: before, here, other) {
        for part in [both.a, both.b] {
          try part.step.proof?.save(path: "\(folder.path)/\(part.name)-\(before).json")
        }
      }
      return ShadowDifference(
        steps: first, ours: ours.value.text, shadows: shadows.value.text,
        isFirst: first - before == 1, folder: folder.path)
    }
  }
}

extension SideClaim.Value {
  fileprivate var text: String {
    switch self {
    case .claim(let claim): "\(claim)"
    case .otherClaim(let claim): Hex.encode(claim, prefix: true)
    case .failed(let text): "no state (\(text))"
    }
  }
}

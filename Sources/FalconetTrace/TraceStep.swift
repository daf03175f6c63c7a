import FalconetMachine
import FalconetProofs
import Keccak

/// What a dispute needs of one step of a trace.
package struct TraceStep: Sendable, Equatable {
  /// The index that the data is of: the last one of the trace if one past its end was asked for.
  package let index: UInt64
  /// The step: witness before it, proofs, pre-image, and the claim after it. Past the end of the
  /// trace: the witness and the claim of the state that has exited, and no proofs.
  package let proof: StepProof
  /// Whether the trace had ended before the index that was asked for.
  package let isPastEnd: Bool

  /// The claim after the step.
  package var claim: Bytes32 { proof.post }

  package init(index: UInt64, proof: StepProof, isPastEnd: Bool) {
    (self.index, self.proof, self.isPastEnd) = (index, proof, isPastEnd)
  }
}

/// The claim at an index of a trace.
package struct TraceClaim: Sendable, Equatable {
  /// The index that was asked for.
  package let index: UInt64
  /// The claim after the step of that index, or of the last state if the trace ends before.
  package let claim: Bytes32
  /// Whether the trace ends before the index.
  package let isPastEnd: Bool

  package init(index: UInt64, claim: Bytes32, isPastEnd: Bool) {
    (self.index, self.claim, self.isPastEnd) = (index, claim, isPastEnd)
  }
}

/// The end of a trace.
package struct TraceEnd: Sendable, Equatable {
  /// The index of the last step: the number of steps, less one.
  package let index: UInt64
  /// The claim of the state that has exited.
  package let claim: Bytes32
  /// The witness of that state.
  package let witness: [UInt8]

  package init(index: UInt64, claim: Bytes32, witness: [UInt8]) {
    (self.index, self.claim, self.witness) = (index, claim, witness)
  }
}

/// A state of a trace that was written to a file.
package struct SavedTraceState: Sendable {
  /// Steps executed before it.
  package let step: UInt64
  /// Whether the program has exited in it.
  package let hasExited: Bool
  /// The last hint that the program had written, which a new server needs.
  package let lastHint: [UInt8]?
}

/// How a trace provider works, and what it may use.
package struct TraceOptions: Sendable {
  /// Steps between the snapshots that are written on the way.
  package var snapshotInterval: UInt64
  /// Bytes that the directory may take. Answers are kept as long as possible, snapshots thinned.
  package var diskBudget: UInt64
  /// Bytes of guest pages that checkpoints in memory may take beside the machine's own.
  package var memoryBudget: UInt64
  /// Checkpoints that are cached in memory.
  package var checkpointCount: Int
  package var engine: EngineKind
  /// Whether the directory is made if it doesn't exist.
  package var makesDirectory = true
  /// Bytes of hints that the source may get at once, as `Machine.hintLimit`.
  package var hintLimit = Machine.usualHintLimit
  /// The limit of the memory that a state is loaded into, except for the prestate: ``Memory/pageLimit``.
  package var pageLimit = Int.max

  package init(
    snapshotInterval: UInt64 = 1_000_000_000, diskBudget: UInt64 = 16 << 30,
    memoryBudget: UInt64 = 512 << 20, checkpointCount: Int = 192, engine: EngineKind = .translator
  ) {
    self.snapshotInterval = max(snapshotInterval, 1)
    self.diskBudget = diskBudget
    self.memoryBudget = memoryBudget
    self.checkpointCount = max(checkpointCount, 2)
    self.engine = engine
  }
}

import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import Keccak

/// The step in which two runs part, and what each did in it.
package struct Divergence {
  /// What one run did in the step.
  package struct Part {
    package let name: String
    package let step: SideStep
    /// What the proof says, if there is one.
    package let verdict: ProofVerifier.Verdict?

    /// The step as the proof's data has it executed; nil if there is no proof, or one that can't
    /// be.
    package var execution: StatelessStep? { verdict?.findings.first?.execution }

    /// The part of a pre-image that the step read, as the proof has it.
    package var preimage: PreimageRead? {
      guard let proof = step.proof, let key = proof.oracleKey else { return nil }
      return PreimageRead(key: key, offset: proof.oracleOffset, value: proof.oracleValue)
    }

    /// The registers of the thread that ran that have another value after the step, with both
    /// values.
    package var registers: [(name: String, before: UInt64, after: UInt64)] {
      guard let before = execution?.thread, let state = step.after?.state,
        let after = (state.threads.left + state.threads.right).first(where: { $0.id == before.id })
      else { return [] }
      var changed: [(String, UInt64, UInt64)] = []
      for (index, name) in Registers.names.enumerated()
      where before.registers[index] != after.registers[index] {
        changed.append((name, before.registers[index], after.registers[index]))
      }
      if before.lo != after.lo { changed.append(("lo", before.lo, after.lo)) }
      if before.hi != after.hi { changed.append(("hi", before.hi, after.hi)) }
      return changed
    }
  }

  /// Steps executed before the one in which the runs part.
  package let step: UInt64
  package let a: Part
  package let b: Part
  /// How the states after the step differ, if both runs have one.
  package let difference: AfterDifference?

  /// Executes the step on both sides, whose states before it are kept.
  package init(
    at step: UInt64, _ a: any BisectSide, _ b: any BisectSide
  ) throws(BisectError) {
    self.step = step
    self.a = try Self.part(a, step)
    self.b = try Self.part(b, step)
    if let mine = self.a.step.after, let other = self.b.step.after,
      mine.state.version == other.state.version
    {
      difference = AfterDifference(mine, other)
    } else {
      difference = nil
    }
  }

  private static func part(_ side: any BisectSide, _ step: UInt64) throws(BisectError) -> Part {
    let result = try side.execute(step)
    return Part(
      name: side.name, step: result,
      verdict: result.proof.map {
        ProofVerifier.verify($0, version: side.version, revisions: side.revision.map { [$0] })
      })
  }

  /// The instruction that is executed, as either proof has it.
  package var instruction: (pc: UInt64, bits: UInt32)? {
    a.execution?.instruction ?? b.execution?.instruction
  }

  /// The name of the operation that the instruction is.
  package var operation: String? { decoded.map { "\($0)" } }

  private var decoded: Operation? {
    guard let version = (a.execution ?? b.execution)?.before.version else { return nil }
    return instruction.map {
      Operation(decoding: Instruction($0.bits), under: version.newestRevision.rules)
    }
  }

  /// The system call that the step makes.
  package var systemCall: UInt64? {
    guard decoded == .syscall, let execution = a.execution ?? b.execution else { return nil }
    return execution.thread?.registers[2]
  }
}

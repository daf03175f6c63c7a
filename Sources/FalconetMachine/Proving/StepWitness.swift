import Keccak

/// What a contract needs to execute one step, and what follows from it.
package struct StepWitness: Sendable, Equatable {
  /// Steps executed before this one.
  package var step: UInt64
  /// The claim before the step.
  package var pre: Bytes32
  /// The claim after the step.
  package var post: Bytes32
  /// The witness before the step.
  package var stateData: [UInt8]
  /// The thread's witness, if there are threads, then the proofs of the instruction and of the
  /// memory that the step touches. Proofs that the step does not need are zero.
  package var proofData: [UInt8]
  /// The pre-image part that the step reads.
  package var preimage: PreimageRead?
}

extension StateVersion {
  /// Bytes of a thread's witness: the thread, then the root of its stack without it. 0 if the
  /// state has no stacks.
  package var threadWitnessBytes: Int { isSingleThreaded ? 0 : threadLayout.byteCount + 32 }

  /// Proofs of data in a step's proof data: two if `clock_gettime` may need them.
  package var dataProofCount: Int { isSingleThreaded ? 1 : 2 }

  /// Bytes of a step's proof data.
  package var proofDataBytes: Int {
    threadWitnessBytes + (1 + dataProofCount) * wordSize.memoryProofBytes
  }
}

extension Machine {
  /// Executes one step and gives what proves it, or nil if the program has exited.
  ///
  /// Takes as long as two claims: the proofs' nodes are cached along with those of the claims.
  ///
  /// - Throws: ``MachineError`` if the step can't be executed; the state is then as before.
  package func prove() throws(MachineError) -> StepWitness? {
    guard !state.scalars.exited else { return nil }
    let stateData = witness()
    let pre = state.claim(witness: stateData)
    let step = state.scalars.step
    var proofData = threadWitness()
    proofData += memory.proof(at: state.activeThread?.pc ?? 0)

    let environment = ProvingEnvironment(self)
    lastReadOffset = nil
    try transaction { () throws(StepError) in
      switch rules.wordSize {
      case .bits32: try Step<UInt32, ProvingEnvironment>.run(in: environment)
      case .bits64: try Step<UInt64, ProvingEnvironment>.run(in: environment)
      }
    }
    for slot in environment.proofs.prefix(version.dataProofCount) {
      proofData += slot ?? [UInt8](repeating: 0, count: rules.wordSize.memoryProofBytes)
    }
    return StepWitness(
      step: step, pre: pre, post: claim(), stateData: stateData, proofData: proofData,
      preimage: lastPreimageRead)
  }

  /// The active thread and the root of its stack without it; empty if there are no stacks.
  private func threadWitness() -> [UInt8] {
    let stack = state.threads.stack(state.scalars.activeSide)
    guard !version.isSingleThreaded, let thread = stack.last else { return [] }
    var encoder = FieldEncoder(version: version, reserving: version.proofDataBytes)
    encoder.append(thread)
    let below = stack.dropLast()
    encoder.append(
      state.scalars.activeSide == .left
        ? leftRoots.root(of: below, version: version)
        : rightRoots.root(of: below, version: version))
    return encoder.bytes
  }
}

/// A machine that keeps the proof of each word at the moment the step first asks for it.
final class ProvingEnvironment: StepEnvironment {
  private let machine: Machine
  /// The proofs of the first and of the second word of data.
  private(set) var proofs: [[UInt8]?] = [nil, nil]

  init(_ machine: Machine) { self.machine = machine }

  func loadWord(at address: UInt64, _ slot: MemorySlot) throws(StepError) -> UInt64 {
    let position = slot.rawValue - 1
    if proofs[position] == nil { proofs[position] = machine.memory.proof(at: address) }
    return try machine.loadWord(at: address, slot)
  }

  var rules: Rules { machine.rules }
  var decoder: InstructionDecoder { machine.decoder }

  var scalars: Scalars {
    get { machine.scalars }
    set { machine.scalars = newValue }
  }

  var threads: ThreadTable {
    get { machine.threads }
    set { machine.threads = newValue }
  }

  func fetch(at pc: UInt64) throws(StepError) -> UInt32 { try machine.fetch(at: pc) }

  func storeWord(_ value: UInt64, at address: UInt64, _ slot: MemorySlot) throws(StepError) {
    try machine.storeWord(value, at: address, slot)
  }

  func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64) {
    try machine.readPreimage()
  }

  func writeHint(at address: UInt64, count: UInt64) throws(StepError) {
    try machine.writeHint(at: address, count: count)
  }

  func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64) {
    machine.writeOutput(stream, at: address, count: count)
  }

  func note(_ event: StepEvent) { machine.note(event) }
}

import Keccak

/// One step executed from its witness alone: what a contract does.
///
/// The memory is not known. The thread is proved against its stack's root, each word that the step
/// touches against the memory root. That the witness is the one of a claim is for the caller to
/// compare: see ``before``.
package struct StatelessStep: Sendable {
  /// The state that the step was executed from.
  package let before: StateWitness
  /// The state that follows; the same if the program had exited.
  package let after: StateWitness
  /// The thread that ran, as it was before; nil if the program had exited.
  package let thread: ThreadState?
  /// The instruction, nil if the scheduler took the step or the program had exited.
  package let instruction: (pc: UInt64, bits: UInt32)?
  /// The words of memory that the step touched, in order, without the instruction.
  package let accesses: [MemoryAccess]
  /// Whether the step read a part of a pre-image.
  package let readsPreimage: Bool

  /// The data of a step, as a contract gets it.
  package struct Input: Sendable {
    /// The witness of the state before the step.
    package var stateData: [UInt8]
    /// The thread's witness and the memory proofs; may be empty if the program has exited.
    package var proofData: [UInt8]
    /// The pre-image that the step reads, if any.
    package var preimage: PreimageRead?

    package init(stateData: [UInt8], proofData: [UInt8], preimage: PreimageRead? = nil) {
      self.stateData = stateData
      self.proofData = proofData
      self.preimage = preimage
    }
  }

  /// Executes a step by the rules of each of several revisions.
  ///
  /// Takes about 60 or 120 hashes for the instruction and for each word, and as many for each word
  /// that is written, once for all revisions.
  ///
  /// - Returns: for each revision the step, or ``StepError/witness(_:)`` or ``StepError/panic(_:)``.
  package static func execute(
    _ input: Input, revisions: [Revision]
  ) -> [Result<StatelessStep, StepError>] {
    var shared: (start: Int, wordSize: WordSize, proofs: MemoryProofs)?
    return revisions.map { revision in
      let version = revision.version
      return Result { () throws(StepError) in
        try StatelessStep(input, revision) { start in
          if let shared, shared.start == start, shared.wordSize == version.wordSize {
            return shared.proofs
          }
          let proofs = MemoryProofs(input.proofData[start...], wordSize: version.wordSize)
          shared = (start, version.wordSize, proofs)
          return proofs
        }
      }
    }
  }

  /// Executes a step by the rules of a revision.
  ///
  /// - Throws: ``StepError/witness(_:)`` if the data is not what the step needs,
  ///   ``StepError/panic(_:)`` if no state follows.
  package init(_ input: Input, revision: Revision) throws(StepError) {
    try self.init(input, revision) {
      MemoryProofs(input.proofData[$0...], wordSize: revision.version.wordSize)
    }
  }

  /// - Parameter proofs: the memory proofs, which start at a place of the proof data.
  private init(
    _ input: Input, _ revision: Revision, proofs: (Int) -> MemoryProofs
  ) throws(StepError) {
    let version = revision.version
    do { before = try StateWitness(decoding: input.stateData, version: version) } catch {
      throw .witness(error)
    }
    let size = version.proofDataBytes
    let hasExited = before.state.scalars.exited
    guard input.proofData.count == size || hasExited && input.proofData.isEmpty else {
      throw .witness(.proofDataSize(expected: size, given: input.proofData.count))
    }
    guard !hasExited else {
      (after, thread, instruction, accesses, readsPreimage) = (before, nil, nil, [], false)
      return
    }
    let (stacks, running) = try Self.stacks(before, input.proofData)
    let environment = WitnessEnvironment(
      before, revision.rules, threads: stacks, proofs: proofs(version.threadWitnessBytes),
      preimage: input.preimage)
    switch version.wordSize {
    case .bits32: try Step<UInt32, WitnessEnvironment>.run(in: environment)
    case .bits64: try Step<UInt64, WitnessEnvironment>.run(in: environment)
    }
    after = Self.state(after: before, environment)
    thread = running
    instruction = environment.instruction
    accesses = environment.accesses
    readsPreimage = environment.readsPreimage
  }

  /// The thread stacks, with the thread that runs proved.
  private static func stacks(
    _ witness: StateWitness, _ proofData: [UInt8]
  ) throws(StepError) -> (WitnessStacks, running: ThreadState?) {
    let version = witness.version
    guard !version.isSingleThreaded else {
      let threads = witness.state.threads.left
      let empty = ThreadStackRoot.empty
      return (WitnessStacks(left: empty, right: empty, threads: threads), threads.first)
    }
    let side = witness.state.scalars.activeSide
    let expected = witness.stackRoot(side)
    guard expected != ThreadStackRoot.empty else { throw .panic(.noThread) }
    var decoder = FieldDecoder(proofData[...], version: version)
    let thread: ThreadState
    do { thread = try decoder.thread() } catch { throw .witness(error) }
    let below = decoder.bytes32()
    let given = ThreadStackRoot.push(thread, on: below, version: version)
    guard given == expected else {
      throw .witness(.stackRoot(side, thread: thread.id, expected: expected, given: given))
    }
    let other = witness.stackRoot(side.other)
    let stacks = WitnessStacks(
      left: side == .left ? below : other, right: side == .left ? other : below,
      threads: [thread], on: side)
    return (stacks, thread)
  }

  private static func state(
    after before: StateWitness, _ environment: WitnessEnvironment
  ) -> StateWitness {
    var after = before
    after.state.scalars = environment.scalars
    after.memoryRoot = environment.memoryRoot
    if before.version.isSingleThreaded {
      after.state.threads.left = environment.threads.threads(.left)
    } else {
      after.leftStackRoot = environment.threads.root(.left, version: before.version)
      after.rightStackRoot = environment.threads.root(.right, version: before.version)
    }
    return after
  }
}

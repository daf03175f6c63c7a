import Keccak

/// A word of memory that a step touched.
package struct MemoryAccess: Sendable, Equatable {
  /// The word's address.
  package var address: UInt64
  /// The word before the step.
  package var before: UInt64
  /// What the step wrote, if it wrote.
  package var after: UInt64?
}

/// What a step may touch when nothing is known but its witness: every word is proved against the
/// memory root before it is used.
final class WitnessEnvironment: StepEnvironment {
  let rules: Rules
  let decoder: InstructionDecoder
  var scalars: Scalars
  var threads: WitnessStacks
  /// The memory's root, as the words written so far make it.
  private(set) var memoryRoot: Bytes32
  /// What the step executed, if the scheduler let it.
  private(set) var instruction: (pc: UInt64, bits: UInt32)?
  private(set) var accesses: [MemoryAccess] = []
  private(set) var readsPreimage = false

  private let proofs: MemoryProofs
  private let preimage: PreimageRead?
  private var leaves: (first: Bytes32, second: Bytes32) = (Bytes32(), Bytes32())

  init(
    _ witness: StateWitness, _ rules: Rules, threads: WitnessStacks, proofs: MemoryProofs,
    preimage: PreimageRead?
  ) {
    self.rules = rules
    decoder = InstructionDecoder(rules)
    scalars = witness.state.scalars
    memoryRoot = witness.memoryRoot
    self.threads = threads
    self.proofs = proofs
    self.preimage = preimage
  }

  func fetch(at pc: UInt64) throws(StepError) -> UInt32 {
    let leaf = try provenLeaf(.instruction, at: pc)
    let bits = UInt32(truncatingIfNeeded: leaf.integer(at: pc, bytes: 4))
    instruction = (pc, bits)
    return bits
  }

  func loadWord(at address: UInt64, _ slot: MemorySlot) throws(StepError) -> UInt64 {
    let leaf = try provenLeaf(ProofSlot(slot), at: address)
    if slot == .first { leaves.first = leaf } else { leaves.second = leaf }
    let word = leaf.integer(at: address, bytes: rules.wordSize.bytes)
    accesses.append(MemoryAccess(address: address, before: word))
    return word
  }

  func storeWord(
    _ value: UInt64, at address: UInt64, _ slot: MemorySlot
  ) throws(StepError) {
    // The word was loaded before, so its leaf is proved against the root.
    var leaf = slot == .first ? leaves.first : leaves.second
    leaf.put(value, at: address, bytes: rules.wordSize.bytes)
    memoryRoot = proofs.root(ProofSlot(slot), at: address, leaf: leaf)
    if let last = accesses.indices.last { accesses[last].after = value }
  }

  private func provenLeaf(
    _ slot: ProofSlot, at address: UInt64
  ) throws(StepError) -> Bytes32 {
    let leaf = proofs.leaf(slot)
    let root = proofs.root(slot, at: address, leaf: leaf)
    guard root == memoryRoot else {
      throw .witness(
        .memoryRoot(slot, address: address, expected: memoryRoot, given: root))
    }
    return leaf
  }

  func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64) {
    let (key, offset) = (scalars.preimageKey, scalars.preimageOffset)
    guard let preimage else { throw .witness(.noPreimage(key: key)) }
    guard preimage.key == key else {
      throw .witness(.preimageKey(expected: key, given: preimage.key))
    }
    guard preimage.offset == offset else {
      throw .witness(.preimageOffset(expected: offset, given: preimage.offset))
    }
    let value = preimage.value
    guard value.count >= 8 else {
      throw .witness(.preimageLength(expected: 0, given: nil))
    }
    let length = value.prefix(8).bigEndian
    guard length == UInt64(value.count - 8) else {
      throw .witness(.preimageLength(expected: UInt64(value.count - 8), given: length))
    }
    guard let part = preimage.part else {
      throw .panic(.preimageOffset(offset, length: UInt64(value.count), key: key))
    }
    readsPreimage = true
    return part
  }

  /// A hint is no part of the state.
  func writeHint(at address: UInt64, count: UInt64) throws(StepError) {}

  /// Output is no part of the state.
  func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64) {}
}

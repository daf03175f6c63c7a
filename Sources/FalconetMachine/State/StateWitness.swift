import Keccak

/// A state as its witness has it: roots stand for the memory and for the thread stacks.
package struct StateWitness: Sendable, Equatable {
  /// The scalars, and the thread of a single-threaded state. No other threads.
  package var state: MachineState
  package var memoryRoot: Bytes32
  /// The root of the left thread stack; zeros if the state has no stacks.
  package var leftStackRoot = Bytes32()
  /// The root of the right thread stack; zeros if the state has no stacks.
  package var rightStackRoot = Bytes32()

  package var version: StateVersion { state.version }

  /// The witness of a state over a memory with this root.
  package init(_ state: MachineState, memoryRoot: Bytes32) {
    var (left, right) = (StackRoots(), StackRoots())
    self.init(state, memoryRoot: memoryRoot, left: &left, right: &right)
  }

  /// As ``init(_:memoryRoot:)``, with what is known of the stacks' roots from earlier states.
  init(
    _ state: MachineState, memoryRoot: Bytes32, left: inout StackRoots, right: inout StackRoots
  ) {
    self.state = state
    self.memoryRoot = memoryRoot
    guard !state.version.isSingleThreaded else { return }
    self.state.threads = ThreadTable(left: [], right: [])
    leftStackRoot = left.root(of: state.threads.left[...], version: state.version)
    rightStackRoot = right.root(of: state.threads.right[...], version: state.version)
  }

  /// The state that a witness's bytes encode.
  ///
  /// - Throws: ``WitnessFault/stateDataSize(expected:given:)``,
  ///   ``WitnessFault/boolean(field:value:)``.
  package init(decoding bytes: [UInt8], version: StateVersion) throws(WitnessFault) {
    let layout = version.witnessLayout
    guard bytes.count == layout.byteCount else {
      throw .stateDataSize(expected: layout.byteCount, given: bytes.count)
    }
    state = MachineState(version: version)
    memoryRoot = Bytes32()
    if !version.isSingleThreaded { state.threads = ThreadTable(left: [], right: []) }
    var decoder = FieldDecoder(bytes[...], version: version)
    for field in layout.fields {
      switch field.form {
      case .memoryRoot: memoryRoot = decoder.bytes32()
      case .stackRoot(.left): leftStackRoot = decoder.bytes32()
      case .stackRoot(.right): rightStackRoot = decoder.bytes32()
      case .hash(let hash): state.scalars[hash] = decoder.bytes32()
      case .boolean: state[field] = try decoder.boolean("\(field.name) of the state")
      case .registers: state.threads.left[0].registers = decoder.registers()
      case .number, .address: state[field] = decoder.integer(bytes: field.byteCount(in: version))
      // In snapshots only.
      case .stack, .hint: break
      }
    }
  }

  /// The bytes that the claim is a hash of: ``StateVersion/witnessLayout``.
  package var bytes: [UInt8] {
    let layout = version.witnessLayout
    var encoder = FieldEncoder(version: version, reserving: layout.byteCount)
    for field in layout.fields {
      switch field.form {
      case .memoryRoot: encoder.append(memoryRoot)
      case .stackRoot(let side): encoder.append(stackRoot(side))
      case .number, .address, .boolean, .hash, .registers, .stack, .hint:
        encoder.append(field, of: state)
      }
    }
    return encoder.bytes
  }

  package var claim: Bytes32 { state.claim(witness: bytes) }

  /// The root of one of the thread stacks.
  func stackRoot(_ side: StackSide) -> Bytes32 {
    side == .left ? leftStackRoot : rightStackRoot
  }
}

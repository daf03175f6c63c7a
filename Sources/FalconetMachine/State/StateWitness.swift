import Keccak

/// A state as its witness has it: roots stand for the memory and for the thread stacks.
public struct StateWitness: Sendable, Equatable {
  /// The scalars, and the thread of a single-threaded state. No other threads.
  public var state: MachineState
  public var memoryRoot: Bytes32
  /// The root of the left thread stack; zeros where the state has no stacks.
  public var leftStackRoot = Bytes32()
  /// The root of the right thread stack; zeros where the state has no stacks.
  public var rightStackRoot = Bytes32()

  public var version: StateVersion { state.version }

  /// The witness of a state over a memory with this root.
  public init(_ state: MachineState, memoryRoot: Bytes32) {
    self.state = state
    self.memoryRoot = memoryRoot
    guard !state.version.isSingleThreaded else { return }
    self.state.threads = ThreadTable(left: [], right: [])
    leftStackRoot = ThreadStackRoot.root(of: state.threads.left, version: state.version)
    rightStackRoot = ThreadStackRoot.root(of: state.threads.right, version: state.version)
  }

  /// The state that a witness's bytes encode.
  ///
  /// - Throws: ``WitnessFault/stateDataSize(expected:given:)``, ``WitnessFault/boolean(field:value:)``.
  public init(decoding bytes: [UInt8], version: StateVersion) throws(WitnessFault) {
    let layout = version.witnessLayout
    guard bytes.count == layout.byteCount else {
      throw .stateDataSize(expected: layout.byteCount, given: bytes.count)
    }
    state = MachineState(version: version)
    memoryRoot = Bytes32()
    if !version.isSingleThreaded { state.threads = ThreadTable(left: [], right: []) }
    var decoder = FieldDecoder(bytes[...], version: version)
    for field in layout.fields {
      switch field {
      case .memoryRoot: memoryRoot = decoder.bytes32()
      case .leftStackRoot: leftStackRoot = decoder.bytes32()
      case .rightStackRoot: rightStackRoot = decoder.bytes32()
      case .preimageKey: state.scalars.preimageKey = decoder.bytes32()
      case .exited: state.scalars.exited = try decoder.boolean("exited of the state")
      case .traverseRight:
        state.scalars.traverseRight = try decoder.boolean("traverseRight of the state")
      case .registers: state.threads.left[0].registers = decoder.registers()
      default: state[field] = decoder.integer(bytes: field.byteCount(in: version))
      }
    }
  }

  /// The bytes that the claim is a hash of.
  ///
  /// 226 bytes for versions 0 and 2, 172 for 1, 168 for 5, 196 for 3 and 4, 188 for 6 to 8.
  public var bytes: [UInt8] {
    let layout = version.witnessLayout
    var encoder = FieldEncoder(version: version, reserving: layout.byteCount)
    for field in layout.fields {
      switch field {
      case .memoryRoot: encoder.append(memoryRoot)
      case .leftStackRoot: encoder.append(leftStackRoot)
      case .rightStackRoot: encoder.append(rightStackRoot)
      default: encoder.append(field, of: state)
      }
    }
    return encoder.bytes
  }

  public var claim: Bytes32 { state.claim(witness: bytes) }

  /// The root of one of the thread stacks.
  func stackRoot(_ side: StackSide) -> Bytes32 {
    side == .left ? leftStackRoot : rightStackRoot
  }
}

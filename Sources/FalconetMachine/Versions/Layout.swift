/// The order of fields in a state version's encodings: witness, thread, snapshot.
///
/// One list serves writing, reading and sizes. All integers are big-endian; `word` fields take the
/// version's word size.
public struct Layout<Field: LayoutField>: Sendable {
  public let fields: [Field]
  public let version: StateVersion

  /// Bytes of the encoding, without fields of varying size.
  public var byteCount: Int { fields.reduce(0) { $0 + $1.byteCount(in: version) } }
}

/// A field of a ``Layout``.
public protocol LayoutField: Sendable, Equatable {
  /// Bytes that the field takes; 0 where they vary.
  func byteCount(in version: StateVersion) -> Int
}

/// A field of a state, in witnesses and in snapshots.
public enum StateField: LayoutField {
  case memoryRoot, preimageKey, preimageOffset, heap
  case reservationStatus, reservationAddress, reservationOwner
  case exitCode, exited, step, stepsSinceContextSwitch
  case wakeup, traverseRight, leftStackRoot, rightStackRoot, nextThreadID
  // The only thread of a single-threaded state:
  case pc, nextPC, lo, hi, registers
  // In snapshots only:
  case leftStack, rightStack, lastHint

  public func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .memoryRoot, .preimageKey, .leftStackRoot, .rightStackRoot: 32
    case .reservationStatus, .exitCode, .exited, .traverseRight: 1
    case .step, .stepsSinceContextSwitch: 8
    case .registers: 32 * version.wordSize.bytes
    case .leftStack, .rightStack, .lastHint: 0
    default: version.wordSize.bytes
    }
  }
}

/// A field of a thread, in snapshots, in thread witnesses and in the hashes of thread stacks.
public enum ThreadField: LayoutField {
  case id, exitCode, exited, futexAddress, futexValue, futexTimeoutStep
  case pc, nextPC, lo, hi, registers

  public func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .exitCode, .exited: 1
    case .futexTimeoutStep: 8
    case .futexValue: version.futexBytes
    case .registers: 32 * version.wordSize.bytes
    default: version.wordSize.bytes
    }
  }
}

extension StateVersion {
  /// The witness: what a claim is the hash of.
  public var witnessLayout: Layout<StateField> {
    if isSingleThreaded {
      return Layout(
        fields: [
          .memoryRoot, .preimageKey, .preimageOffset, .pc, .nextPC, .lo, .hi, .heap, .exitCode,
          .exited, .step, .registers,
        ], version: self)
    }
    return Layout(
      fields: [.memoryRoot] + sharedFields + [.leftStackRoot, .rightStackRoot, .nextThreadID],
      version: self)
  }

  /// What follows the memory in a `.bin` snapshot.
  public var snapshotLayout: Layout<StateField> {
    if isSingleThreaded {
      return Layout(
        fields: [
          .preimageKey, .preimageOffset, .pc, .nextPC, .lo, .hi, .heap, .exitCode, .exited, .step,
          .registers, .lastHint,
        ], version: self)
    }
    return Layout(
      fields: sharedFields + [.nextThreadID, .leftStack, .rightStack, .lastHint], version: self)
  }

  /// One thread. A single-threaded state has no such encoding; its layout is that of version 5.
  public var threadLayout: Layout<ThreadField> {
    let futex: [ThreadField] =
      hasBlockingFutexes ? [.futexAddress, .futexValue, .futexTimeoutStep] : []
    return Layout(
      fields: [.id, .exitCode, .exited] + futex + [.pc, .nextPC, .lo, .hi, .registers],
      version: self)
  }

  /// What the witness and the snapshot of a multi-threaded state share, in order.
  private var sharedFields: [StateField] {
    [
      .preimageKey, .preimageOffset, .heap, .reservationStatus, .reservationAddress,
      .reservationOwner, .exitCode, .exited, .step, .stepsSinceContextSwitch,
    ] + (hasBlockingFutexes ? [.wakeup] : []) + [.traverseRight]
  }
}

import Keccak

/// Collects the big-endian encoding of a state's fields.
public struct FieldEncoder {
  public private(set) var bytes: [UInt8] = []
  let version: StateVersion

  public init(version: StateVersion, reserving capacity: Int = 0) {
    self.version = version
    bytes.reserveCapacity(capacity)
  }

  mutating func append(_ value: Bytes32) {
    value.withBytes { bytes.append(contentsOf: $0) }
  }

  package mutating func append(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// The low `count` bytes of `value`, most significant first.
  package mutating func append(_ value: UInt64, bytes count: Int) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0.suffix(count)) }
  }

  /// The encoding of one thread: `version.threadLayout`.
  public mutating func append(_ thread: ThreadState) {
    for field in version.threadLayout.fields {
      switch field {
      case .exited: append(thread.exited)
      case .registers: append(thread.registers)
      default: append(thread[field], bytes: field.byteCount(in: version))
      }
    }
  }

  mutating func append(_ registers: Registers) {
    for index in 0..<32 { append(registers[index], bytes: version.wordSize.bytes) }
  }

  /// One field of fixed size that a state's scalars or its only thread hold.
  package mutating func append(_ field: StateField, of state: MachineState) {
    switch field {
    case .preimageKey: append(state.scalars.preimageKey)
    case .registers: append(state.threads.left.first?.registers ?? Registers())
    default: append(state[field], bytes: field.byteCount(in: version))
    }
  }
}

extension ThreadState {
  /// The value of a numeric field.
  package subscript(field: ThreadField) -> UInt64 {
    get {
      switch field {
      case .id: id
      case .exitCode: UInt64(exitCode)
      case .exited: exited ? 1 : 0
      case .futexAddress: futexAddress
      case .futexValue: futexValue
      case .futexTimeoutStep: futexTimeoutStep
      case .pc: pc
      case .nextPC: nextPC
      case .lo: lo
      case .hi: hi
      case .registers: 0
      }
    }
    set {
      switch field {
      case .id: id = newValue
      case .exitCode: exitCode = UInt8(truncatingIfNeeded: newValue)
      case .exited: exited = newValue != 0
      case .futexAddress: futexAddress = newValue
      case .futexValue: futexValue = newValue
      case .futexTimeoutStep: futexTimeoutStep = newValue
      case .pc: pc = newValue
      case .nextPC: nextPC = newValue
      case .lo: lo = newValue
      case .hi: hi = newValue
      case .registers: break
      }
    }
  }
}

extension MachineState {
  /// The value of a numeric field; of a single-threaded state's thread, where the field is one.
  package subscript(field: StateField) -> UInt64 {
    get {
      switch field {
      case .preimageOffset: scalars.preimageOffset
      case .heap: scalars.heap
      case .reservationStatus: UInt64(scalars.reservation.status)
      case .reservationAddress: scalars.reservation.address
      case .reservationOwner: scalars.reservation.owner
      case .exitCode: UInt64(scalars.exitCode)
      case .exited: scalars.exited ? 1 : 0
      case .step: scalars.step
      case .stepsSinceContextSwitch: scalars.stepsSinceContextSwitch
      case .wakeup: scalars.wakeup
      case .traverseRight: scalars.traverseRight ? 1 : 0
      case .nextThreadID: scalars.nextThreadID
      case .pc: threads.left.first?.pc ?? 0
      case .nextPC: threads.left.first?.nextPC ?? 0
      case .lo: threads.left.first?.lo ?? 0
      case .hi: threads.left.first?.hi ?? 0
      default: 0
      }
    }
    set {
      switch field {
      case .preimageOffset: scalars.preimageOffset = newValue
      case .heap: scalars.heap = newValue
      case .reservationStatus: scalars.reservation.status = UInt8(truncatingIfNeeded: newValue)
      case .reservationAddress: scalars.reservation.address = newValue
      case .reservationOwner: scalars.reservation.owner = newValue
      case .exitCode: scalars.exitCode = UInt8(truncatingIfNeeded: newValue)
      case .exited: scalars.exited = newValue != 0
      case .step: scalars.step = newValue
      case .stepsSinceContextSwitch: scalars.stepsSinceContextSwitch = newValue
      case .wakeup: scalars.wakeup = newValue
      case .traverseRight: scalars.traverseRight = newValue != 0
      case .nextThreadID: scalars.nextThreadID = newValue
      case .pc, .nextPC, .lo, .hi:
        guard !threads.left.isEmpty else { return }
        switch field {
        case .pc: threads.left[0].pc = newValue
        case .nextPC: threads.left[0].nextPC = newValue
        case .lo: threads.left[0].lo = newValue
        default: threads.left[0].hi = newValue
        }
      default: break
      }
    }
  }
}

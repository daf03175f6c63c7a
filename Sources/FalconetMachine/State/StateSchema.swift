/// A field of a ``Layout``.
package protocol LayoutField: Sendable, Hashable, CaseIterable {
  /// What the field holds, and how it is encoded.
  var form: FieldForm { get }
  /// The name that `inspect`, `diff` and errors give it.
  var name: String { get }
}

extension LayoutField {
  /// Bytes that the field takes; 0 if they vary.
  package func byteCount(in version: StateVersion) -> Int { form.byteCount(in: version) }
}

/// What a field holds, and how it is encoded: all integers big-endian.
package enum FieldForm: Sendable, Equatable {
  case number(FieldWidth)
  /// An address, or another number that people read in hexadecimal.
  case address(FieldWidth)
  /// One byte, 0 or 1.
  case boolean
  /// 32 bytes.
  case hash
  /// The root of the memory.
  case memoryRoot
  /// The root of a thread stack.
  case stackRoot(StackSide)
  /// The 32 general registers.
  case registers
  /// A count of threads and the threads, bottom first. In snapshots only.
  case stack(StackSide)
  /// The bytes of an unfinished hint, behind their count. In snapshots only.
  case hint

  /// Bytes that the field takes; 0 if they vary.
  package func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .number(let width), .address(let width): width.byteCount(in: version)
    case .boolean: 1
    case .hash, .memoryRoot, .stackRoot: 32
    case .registers: 32 * version.wordSize.bytes
    case .stack, .hint: 0
    }
  }
}

/// Bytes of a numeric field.
package enum FieldWidth: Sendable {
  /// 1 byte.
  case byte
  /// 8 bytes.
  case double
  /// The version's word.
  case word
  /// As many bytes as a futex wait compares.
  case futex

  func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .byte: 1
    case .double: 8
    case .word: version.wordSize.bytes
    case .futex: version.futexBytes
    }
  }
}

/// A field of a state, in witnesses and in snapshots. The layouts of ``StateVersion`` say which version
/// has it, and where.
package enum StateField: LayoutField {
  case memoryRoot, preimageKey, preimageOffset, heap
  case reservationStatus, reservationAddress, reservationOwner
  case exitCode, exited, step, stepsSinceContextSwitch
  case wakeup, traverseRight, leftStackRoot, rightStackRoot, nextThreadID
  // The only thread of a single-threaded state:
  case pc, nextPC, lo, hi, registers
  // In snapshots only:
  case leftStack, rightStack, lastHint

  private typealias Row = (name: String, form: FieldForm)

  private var row: Row {
    switch self {
    case .memoryRoot: ("memoryRoot", .memoryRoot)
    case .preimageKey: ("preimageKey", .hash)
    case .preimageOffset: ("preimageOffset", .number(.word))
    case .heap: ("heap", .address(.word))
    case .reservationStatus: ("reservationStatus", .number(.byte))
    case .reservationAddress: ("reservationAddress", .address(.word))
    case .reservationOwner: ("reservationOwner", .number(.word))
    case .exitCode: ("exitCode", .number(.byte))
    case .exited: ("exited", .boolean)
    case .step: ("step", .number(.double))
    case .stepsSinceContextSwitch: ("stepsSinceContextSwitch", .number(.double))
    case .wakeup: ("wakeup", .address(.word))
    case .traverseRight: ("traverseRight", .boolean)
    case .leftStackRoot: ("leftStackRoot", .stackRoot(.left))
    case .rightStackRoot: ("rightStackRoot", .stackRoot(.right))
    case .nextThreadID: ("nextThreadId", .number(.word))
    case .pc: ("pc", .address(.word))
    case .nextPC: ("nextPC", .address(.word))
    case .lo: ("lo", .address(.word))
    case .hi: ("hi", .address(.word))
    case .registers: ("registers", .registers)
    case .leftStack: ("leftStack", .stack(.left))
    case .rightStack: ("rightStack", .stack(.right))
    case .lastHint: ("lastHint", .hint)
    }
  }

  package var name: String { row.name }
  package var form: FieldForm { row.form }

  /// Whether it is one of the only thread of a single-threaded state.
  package var isOfThread: Bool { ThreadField(self) != nil }
}

/// A field of a thread, in snapshots, in thread witnesses and in the hashes of thread stacks.
package enum ThreadField: LayoutField {
  case id, exitCode, exited, futexAddress, futexValue, futexTimeoutStep
  case pc, nextPC, lo, hi, registers

  private typealias Row = (name: String, form: FieldForm)

  private var row: Row {
    switch self {
    case .id: ("id", .number(.word))
    case .exitCode: ("exitCode", .number(.byte))
    case .exited: ("exited", .boolean)
    case .futexAddress: ("futexAddress", .address(.word))
    case .futexValue: ("futexValue", .number(.futex))
    case .futexTimeoutStep: ("futexTimeoutStep", .number(.double))
    case .pc: ("pc", .address(.word))
    case .nextPC: ("nextPC", .address(.word))
    case .lo: ("lo", .address(.word))
    case .hi: ("hi", .address(.word))
    case .registers: ("registers", .registers)
    }
  }

  package var name: String { row.name }
  package var form: FieldForm { row.form }

  /// The thread's field that a field of a single-threaded state is, or nil.
  package init?(_ field: StateField) {
    switch field {
    case .pc: self = .pc
    case .nextPC: self = .nextPC
    case .lo: self = .lo
    case .hi: self = .hi
    case .registers: self = .registers
    case .memoryRoot, .preimageKey, .preimageOffset, .heap, .reservationStatus, .reservationAddress,
      .reservationOwner, .exitCode, .exited, .step, .stepsSinceContextSwitch, .wakeup,
      .traverseRight, .leftStackRoot, .rightStackRoot, .nextThreadID, .leftStack, .rightStack,
      .lastHint:
      return nil
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
  /// The value of a numeric field, or of a numeric one of a single-threaded state's thread.
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
      case .pc, .nextPC, .lo, .hi, .registers:
        ThreadField(field).flatMap { threads.left.first?[$0] } ?? 0
      case .memoryRoot, .preimageKey, .leftStackRoot, .rightStackRoot, .leftStack, .rightStack,
        .lastHint:
        0
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
      case .pc, .nextPC, .lo, .hi, .registers:
        guard let field = ThreadField(field), !threads.left.isEmpty else { return }
        threads.left[0][field] = newValue
      case .memoryRoot, .preimageKey, .leftStackRoot, .rightStackRoot, .leftStack, .rightStack,
        .lastHint:
        break
      }
    }
  }
}

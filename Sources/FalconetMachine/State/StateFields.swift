import Keccak

/// A field of a state, in witnesses and in snapshots, in their order.
package enum StateField: LayoutField {
  case memoryRoot, preimageKey, preimageOffset, pc, nextPC, lo, hi, heap
  case reservationStatus, reservationAddress, reservationOwner
  case exitCode, exited, step, registers, stepsSinceContextSwitch, wakeup, traverseRight
  case leftStackRoot, rightStackRoot, nextThreadID, leftStack, rightStack, lastHint

  package var row: FieldRow {
    typealias Row = FieldRow
    return switch self {
    case .memoryRoot: Row("memoryRoot", .memoryRoot, in: .witness)
    case .preimageKey: Row("preimageKey", .hash(.preimageKey), json: "preimageKey")
    case .preimageOffset: Row("preimageOffset", .number(.word), json: "preimageOffset")
    case .pc: Row("pc", .address(.word), if: .oneThread, json: "pc")
    case .nextPC: Row("nextPC", .address(.word), if: .oneThread, json: "nextPC")
    case .lo: Row("lo", .address(.word), if: .oneThread, json: "lo")
    case .hi: Row("hi", .address(.word), if: .oneThread, json: "hi")
    case .heap: Row("heap", .address(.word), json: "heap")
    case .reservationStatus: Row("reservationStatus", .number(.byte), if: .threads)
    case .reservationAddress: Row("reservationAddress", .address(.word), if: .threads)
    case .reservationOwner: Row("reservationOwner", .number(.word), if: .threads)
    case .exitCode: Row("exitCode", .number(.byte), json: "exit")
    case .exited: Row("exited", .boolean, json: "exited")
    case .step: Row("step", .number(.double), json: "step")
    case .registers: Row("registers", .registers, if: .oneThread, json: "registers")
    case .stepsSinceContextSwitch:
      Row(
        "stepsSinceContextSwitch", .number(.double), if: .threads,
        json: "stepsSinceLastContextSwitch")
    case .wakeup: Row("wakeup", .address(.word), if: .blockingFutexes, json: "wakeup")
    case .traverseRight: Row("traverseRight", .boolean, if: .threads, json: "traverseRight")
    case .leftStackRoot: Row("leftStackRoot", .stackRoot(.left), in: .witness, if: .threads)
    case .rightStackRoot: Row("rightStackRoot", .stackRoot(.right), in: .witness, if: .threads)
    case .nextThreadID: Row("nextThreadId", .number(.word), if: .threads, json: "nextThreadId")
    case .leftStack:
      Row("leftStack", .stack(.left), in: .snapshot, if: .threads, json: "leftThreadStack")
    case .rightStack:
      Row("rightStack", .stack(.right), in: .snapshot, if: .threads, json: "rightThreadStack")
    case .lastHint: Row("lastHint", .hint, in: .snapshot, json: "lastHint")
    }
  }

  /// Whether it is one of the only thread of a single-threaded state.
  package var isOfThread: Bool { row.requirement == .oneThread }

  /// The field of a thread that it is, or nil.
  fileprivate var ofThread: ThreadField? { Self.ofThread[self] }

  private static let ofThread = Dictionary(
    uniqueKeysWithValues: allCases.filter(\.isOfThread).compactMap { field in
      ThreadField.allCases.first { $0.name == field.name }.map { (field, $0) }
    })
}

/// What a version must have for a field to exist.
package enum FieldRequirement: Sendable {
  case nothing
  /// One thread, whose fields are among the state's.
  case oneThread
  /// Thread stacks.
  case threads
  /// Threads that wait are marked with their futex.
  case blockingFutexes

  func holds(in version: StateVersion) -> Bool {
    switch self {
    case .nothing: true
    case .oneThread: version.isSingleThreaded
    case .threads: !version.isSingleThreaded
    case .blockingFutexes: version.hasBlockingFutexes
    }
  }
}

/// A field of 32 bytes.
package enum HashField: Sendable {
  case preimageKey
}

/// The fields of a state that are neither memory nor threads.
///
/// Words are held in 64 bits whatever the machine's word size, zero-extended.
package struct Scalars: Sendable, Equatable {
  package var preimageKey = Bytes32()
  /// Where the next read of the pre-image starts, counted from its 8-byte length prefix.
  package var preimageOffset: UInt64 = 0
  /// Where `mmap` gives memory from next.
  package var heap: UInt64 = 0
  package var reservation = Reservation()
  package var exitCode: UInt8 = 0
  package var exited = false
  /// Steps executed.
  package var step: UInt64 = 0
  package var stepsSinceContextSwitch: UInt64 = 0
  /// The futex address whose waiter is being looked for; all ones if none is. 0 in versions whose
  /// futexes don't block.
  package var wakeup: UInt64 = 0
  /// Threads run from the right stack.
  package var traverseRight = false
  package var nextThreadID: UInt64 = 0

  /// The scalars of the empty state.
  package init(version: StateVersion) {
    if !version.isSingleThreaded { nextThreadID = 1 }
    if version.hasBlockingFutexes {
      wakeup = ThreadState.noFutex(version.wordSize)
    }
  }

  /// The side of the stack whose top thread runs.
  package var activeSide: StackSide {
    get { traverseRight ? .right : .left }
    set { traverseRight = newValue == .right }
  }

  /// The value of a field of 32 bytes.
  package subscript(field: HashField) -> Bytes32 {
    get {
      switch field {
      case .preimageKey: preimageKey
      }
    }
    set {
      switch field {
      case .preimageKey: preimageKey = newValue
      }
    }
  }
}

extension MachineState {
  /// The value of a numeric field, or of a numeric one of a single-threaded state's thread; 0 for any
  /// other field.
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
        field.ofThread.flatMap { threads.left.first?[$0] } ?? 0
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
        guard let field = field.ofThread, !threads.left.isEmpty else { return }
        threads.left[0][field] = newValue
      case .memoryRoot, .preimageKey, .leftStackRoot, .rightStackRoot, .leftStack, .rightStack,
        .lastHint:
        break
      }
    }
  }
}

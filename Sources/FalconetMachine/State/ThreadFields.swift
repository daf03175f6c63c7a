/// A field of a thread, in snapshots, in thread witnesses and in the hashes of thread stacks, in their
/// order.
package enum ThreadField: LayoutField {
  case id, exitCode, exited, futexAddress, futexValue, futexTimeoutStep
  case pc, nextPC, lo, hi, registers

  package var row: FieldRow {
    typealias Row = FieldRow
    return switch self {
    case .id: Row("id", .number(.word), json: "threadId")
    case .exitCode: Row("exitCode", .number(.byte), json: "exit")
    case .exited: Row("exited", .boolean, json: "exited")
    case .futexAddress:
      Row("futexAddress", .address(.word), if: .blockingFutexes, json: "futexAddr")
    case .futexValue: Row("futexValue", .number(.futex), if: .blockingFutexes, json: "futexVal")
    case .futexTimeoutStep:
      Row("futexTimeoutStep", .number(.double), if: .blockingFutexes, json: "futexTimeoutStep")
    case .pc: Row("pc", .address(.word), json: "cpu.pc")
    case .nextPC: Row("nextPC", .address(.word), json: "cpu.nextPC")
    case .lo: Row("lo", .address(.word), json: "cpu.lo")
    case .hi: Row("hi", .address(.word), json: "cpu.hi")
    case .registers: Row("registers", .registers, json: "registers")
    }
  }
}

extension ThreadState {
  /// The value of a numeric field; 0 for any other.
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

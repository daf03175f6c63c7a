/// An operation that computes from registers, by the arithmetic of the plain step.
///
/// A 32-bit machine's registers are sign-extended, so what is done with 64 bits serves both.
protocol ComputingPart: HandlerPart {}

extension ComputingPart {
  @inline(__always)
  static func execute<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ before: UInt64, _ source: Source.Type
  ) -> UInt64? {
    let effect = Computation<UInt64>.effect(
      operation, Source.first(op, bank, before), Source.second(op, bank, before),
      Handler.immediate(op), hi: Handler.read(bank, RegisterBank.hi),
      lo: Handler.read(bank, RegisterBank.lo))
    switch effect {
    case .result(let value):
      Handler.write(op, bank, value)
      return value
    case .hiLo(let hi, let lo):
      Handler.write(bank, RegisterBank.hi, hi)
      Handler.write(bank, RegisterBank.lo, lo)
      Handler.write(op, bank, 0)
      return 0
    case .nothing: return Handler.destination(op, bank)
    case .divisionByZero, .notComputed: return nil
    }
  }
}

/// An operation that accesses memory.
protocol AccessPart: HandlerPart {
  associatedtype Value: FixedWidthInteger & BitwiseCopyable
}

extension AccessPart {
  /// The address of an access, if it takes the fast path.
  @inline(__always)
  static func address<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64, _ source: Source.Type
  ) -> UInt64? {
    let outside =
      switch MemoryLayout<Value>.size {
      case 1: RegisterBank.outside1
      case 2: RegisterBank.outside2
      case 4: RegisterBank.outside4
      default: RegisterBank.outside8
      }
    let address = Source.first(op, bank, before) &+ Handler.offset(op)
    return _fastPath(address & Handler.read(bank, outside) == 0) ? address : nil
  }
}

/// A load while no reads are watched.
protocol LoadPart: AccessPart {}

extension LoadPart {
  @inline(__always)
  static func execute<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ before: UInt64, _ source: Source.Type
  ) -> UInt64? {
    guard let address = address(op, bank, before, source) else { return nil }
    let value = base.load(fromByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    let result = UInt64(truncatingIfNeeded: Value(bigEndian: value))
    Handler.write(op, bank, result)
    return result
  }

  @inline(__always)
  static func leave(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    Handler.leaveLoad(op, bank, base, flags, budget, Value.self)
  }
}

/// A load that leaves watched bytes to the plain step.
enum Watched<Load: LoadPart>: HandlerPart {
  @inline(__always) static var operation: Operation { Load.operation }

  @inline(__always)
  static func execute<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ before: UInt64, _ source: Source.Type
  ) -> UInt64? {
    let address = Source.first(op, bank, before) &+ Handler.offset(op)
    if _slowPath(
      address &- Handler.read(bank, RegisterBank.readStart)
        < Handler.read(bank, RegisterBank.readSize)),
      Handler.mayBeWatched(
        bank, address, WatchTable.loadBit(MemoryLayout<Load.Value>.size))
    {
      return nil
    }
    return Load.execute(op, bank, base, flags, before, source)
  }
}

/// A store. It has no result that the next operation could take.
protocol StorePart: AccessPart {}

extension StorePart {
  @inline(__always)
  static func execute<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ before: UInt64, _ source: Source.Type
  ) -> UInt64? {
    guard let address = address(op, bank, before, source) else { return nil }
    let flag = flags.load(
      fromByteOffset: Int(truncatingIfNeeded: address >> 12), as: UInt8.self)
    guard _fastPath(flag == PageFlags.directlyWritable.rawValue) else { return nil }
    base.storeBytes(
      of: Value(truncatingIfNeeded: Source.second(op, bank, before)).bigEndian,
      toByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    return 0
  }

  @inline(__always)
  static func leave(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    Handler.leaveStore(op, bank, base, flags, budget, Value.self)
  }
}

/// The end of a block that goes one of two ways, maybe after a comparison.
protocol BranchPart: ExitPart {
  static var condition: BranchExit.Condition { get }
}

extension BranchPart {
  @inline(__always)
  static var number: UInt8 { PortableExit.conditions + condition.rawValue }

  @inline(__always)
  static func follow<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int, _ before: UInt64, _ source: Source.Type
  ) {
    let holds = condition.holds(Source.first(op, bank, before), Source.second(op, bank, before))
    if let result = condition.result(holds) { Handler.write(op, bank, result ? 1 : 0) }
    if holds { return Handler.enter(Handler.link(op, 0), bank, base, flags, budget) }
    Handler.enter(Handler.link(op, 1), bank, base, flags, budget)
  }
}

/// The end of a block at an address that is known.
enum JumpExit: ExitPart {
  @inline(__always) static var number: UInt8 { PortableExit.jump }

  @inline(__always)
  static func follow<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int, _ before: UInt64, _ source: Source.Type
  ) {
    Handler.enter(Handler.link(op, 0), bank, base, flags, budget)
  }
}

/// What takes the place of a forgotten block's first operation.
enum DetourExit: ExitPart {
  @inline(__always) static var number: UInt8 { PortableExit.detour }

  @inline(__always)
  static func follow<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int, _ before: UInt64, _ source: Source.Type
  ) {
    Handler.enter(Handler.detour(op), bank, base, flags, budget)
  }
}

/// The end of a block at the address in a register.
///
/// Its trailer has the address that it went to last, and the block there: mostly it goes there again. The trailer of an
/// exit that was not executed yet has address 0 and the stub for it.
///
/// Safety: as ``Handler``. The trailer is written by the exit's own handler alone, with a block of the table, which stays
/// where it is as long as the trailer does.
enum IndirectExit: ExitPart {
  @inline(__always) static var number: UInt8 { PortableExit.indirect }

  @inline(__always)
  static func follow<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int, _ before: UInt64, _ source: Source.Type
  ) {
    let pc = Source.first(op, bank, before)
    if pc == Handler.trailingAddress(op) {
      return Handler.enter(Handler.link(op, 1), bank, base, flags, budget)
    }
    let table = UInt(Handler.read(bank, RegisterBank.jumpTable))
    let place = (pc >> 2) & UInt64(JumpTable.count - 1)
    guard
      let entry = UnsafeRawPointer(
        bitPattern: table &+ UInt(place) &* UInt(JumpTable.entryBytes)),
      entry.load(as: UInt64.self) == pc
    else { return Handler.exit(bank, .unprepared, at: pc, budget) }
    let block = entry.load(fromByteOffset: JumpTable.codeOffset, as: UnsafeRawPointer.self)
    UnsafeMutableRawPointer(mutating: op + PortableOperation.stride)
      .storeBytes(of: (pc, block), as: (UInt64, UnsafeRawPointer).self)
    Handler.enter(block, bank, base, flags, budget)
  }
}

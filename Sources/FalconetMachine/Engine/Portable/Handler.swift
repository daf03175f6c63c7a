/// Executes an operation of the portable engine, and goes on to the next one.
///
/// Arguments: the operation, the registers (``RegisterBank``), the flat part of the guest's memory and
/// its flags (``GuestSpace``), and the budget: the steps that may be executed after the current block.
///
/// Each handler ends with a call of the next. An optimizing compiler makes a jump of that call, so a run
/// of any length takes no stack; nothing in the language promises it, so ``TailCallCheck`` tests it.
///
/// Safety: as ``Handler``.
typealias HandlerFunction =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int
  ) -> Void

/// What handlers are made of.
///
/// Safety: an operation's register numbers index a bank of 256 entries. `base` and `flags` are
/// accessed only for addresses that have none of the bits of the bank's `outside` entries, where they
/// are backed (see ``GuestSpace``). Operations, trailers and blocks are written by
/// ``PortableEngine`` alone, which keeps them until no handler runs.
enum Handler {
  typealias Operations = UnsafeRawPointer
  typealias Bytes = UnsafeMutableRawPointer

  /// An operation with the layout that the compiler gives it.
  @inline(__always)
  private static func operation(_ op: Operations) -> UnsafePointer<PortableOperation> {
    op.assumingMemoryBound(to: PortableOperation.self)
  }

  @inline(__always)
  static func read(_ bank: Bytes, _ slot: UInt8) -> UInt64 {
    bank.load(fromByteOffset: Int(slot) &* 8, as: UInt64.self)
  }

  @inline(__always)
  static func first(_ op: Operations, _ bank: Bytes) -> UInt64 {
    read(bank, operation(op).pointee.first)
  }

  @inline(__always)
  static func second(_ op: Operations, _ bank: Bytes) -> UInt64 {
    read(bank, operation(op).pointee.second)
  }

  @inline(__always)
  static func write(_ op: Operations, _ bank: Bytes, _ value: UInt64) {
    let slot = operation(op).pointee.destination
    bank.storeBytes(of: value, toByteOffset: Int(slot) &* 8, as: UInt64.self)
  }

  @inline(__always)
  static func immediate(_ op: Operations) -> UInt64 {
    UInt64(bitPattern: Int64(operation(op).pointee.immediate))
  }

  /// The address of an operation that packs its number.
  @inline(__always)
  static func address(_ op: Operations, _ bank: Bytes) -> UInt64 {
    first(op, bank)
      &+ UInt64(bitPattern: Int64(operation(op).pointee.packedImmediate))
  }

  // MARK: Going on

  @inline(__always)
  private static func jump(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int
  ) {
    let target = operation(op).pointee.target
    unsafeBitCast(target, to: HandlerFunction.self)(op, bank, base, flags, budget)
  }

  /// Goes on with the operation behind this one.
  @inline(__always)
  static func next(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int
  ) {
    jump(op + PortableOperation.stride, bank, base, flags, budget)
  }

  /// Goes on with a block, if it fits into the budget.
  @inline(__always)
  static func enter(
    _ block: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int
  ) {
    let header = operation(block - PortableOperation.stride)
    let after = budget &- Int(header.pointee.remaining)
    if _slowPath(after < 0) {
      return exit(bank, .budget, at: UInt64(header.pointee.target), budget)
    }
    jump(block, bank, base, flags, after)
  }

  /// The block that an exit's trailer names.
  @inline(__always)
  static func link(_ op: Operations, _ position: Int) -> Operations {
    op.load(
      fromByteOffset: PortableOperation.stride
        + MemoryLayout<UnsafeRawPointer>.stride &* position, as: UnsafeRawPointer.self)
  }

  /// Ends the run.
  @inline(__always)
  static func exit(_ bank: Bytes, _ reason: EngineExit, at pc: UInt64, _ budget: Int) {
    func set(_ slot: UInt8, _ value: UInt64) {
      bank.storeBytes(of: value, toByteOffset: Int(slot) &* 8, as: UInt64.self)
    }
    set(RegisterBank.budget, UInt64(bitPattern: Int64(budget)))
    set(RegisterBank.end, pc)
    set(RegisterBank.reason, reason.rawValue)
  }

  // MARK: Kinds of operations

  /// A result from two registers.
  @inline(__always)
  static func binary(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ result: (UInt64, UInt64) -> UInt64
  ) {
    write(op, bank, result(first(op, bank), second(op, bank)))
    next(op, bank, base, flags, budget)
  }

  /// A result from the first register and the immediate.
  @inline(__always)
  static func immediate(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ result: (UInt64, UInt64) -> UInt64
  ) {
    write(op, bank, result(first(op, bank), immediate(op)))
    next(op, bank, base, flags, budget)
  }

  /// A result from the second register and a shift amount.
  @inline(__always)
  static func shift(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ result: (UInt64, UInt32) -> UInt64
  ) {
    let amount = UInt32(bitPattern: operation(op).pointee.immediate)
    write(op, bank, result(second(op, bank), amount))
    next(op, bank, base, flags, budget)
  }

  @inline(__always)
  static func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ outside: UInt8, _ type: Value.Type, isChecked: Bool
  ) {
    let address = address(op, bank)
    if _slowPath(address & read(bank, outside) != 0) {
      return rare(op, bank, base, flags, budget)
    }
    if isChecked,
      _slowPath(address &- read(bank, RegisterBank.readStart) < read(bank, RegisterBank.readSize)),
      mayBeWatched(bank, address, WatchTable.loadBit(MemoryLayout<Value>.size))
    {
      return rare(op, bank, base, flags, budget)
    }
    let value = base.load(fromByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    write(op, bank, UInt64(truncatingIfNeeded: Value(bigEndian: value)))
    next(op, bank, base, flags, budget)
  }

  @inline(__always)
  static func store<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ outside: UInt8, _ type: Value.Type
  ) {
    let address = address(op, bank)
    if _slowPath(address & read(bank, outside) != 0) {
      return rare(op, bank, base, flags, budget)
    }
    let flag = flags.load(
      fromByteOffset: Int(truncatingIfNeeded: address >> 12), as: UInt8.self)
    if _slowPath(flag != PageFlags.directlyWritable.rawValue) {
      return guardedStore(op, bank, base, flags, budget, type)
    }
    base.storeBytes(
      of: Value(truncatingIfNeeded: second(op, bank)).bigEndian,
      toByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    next(op, bank, base, flags, budget)
  }

  /// A store to a page of the fast path that is not directly writable, maybe for its watched bytes alone.
  ///
  /// Out of line, as ``rare(_:_:_:_:_:)``.
  @inline(never)
  private static func guardedStore<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ type: Value.Type
  ) {
    let address = address(op, bank)
    let flag = flags.load(
      fromByteOffset: Int(truncatingIfNeeded: address >> 12), as: UInt8.self)
    guard flag == PageFlags.writableBesideWatches.rawValue,
      !mayBeWatched(bank, address, WatchTable.storeBit(MemoryLayout<Value>.size))
    else { return rare(op, bank, base, flags, budget) }
    base.storeBytes(
      of: Value(truncatingIfNeeded: second(op, bank)).bigEndian,
      toByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    next(op, bank, base, flags, budget)
  }

  /// Whether the ``WatchTable`` has a bit for an address.
  @inline(__always)
  private static func mayBeWatched(_ bank: Bytes, _ address: UInt64, _ bit: UInt8) -> Bool {
    guard
      let table = UnsafeRawPointer(
        bitPattern: UInt(truncatingIfNeeded: read(bank, RegisterBank.watchTable)))
    else { return true }
    return table.load(fromByteOffset: Int(address & 0xFFF), as: UInt8.self) & bit != 0
  }

  /// The end of a block that goes one of two ways.
  @inline(__always)
  static func branch(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ holds: (Int64, Int64) -> Bool
  ) {
    let (a, b) = (Int64(bitPattern: first(op, bank)), Int64(bitPattern: second(op, bank)))
    if holds(a, b) { return enter(link(op, 0), bank, base, flags, budget) }
    enter(link(op, 1), bank, base, flags, budget)
  }

  /// A comparison and a branch on it.
  @inline(__always)
  static func compare(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    taken wanted: Bool, _ holds: (UInt64, UInt64) -> Bool
  ) {
    let result = holds(first(op, bank), second(op, bank))
    write(op, bank, result ? 1 : 0)
    if result == wanted { return enter(link(op, 0), bank, base, flags, budget) }
    enter(link(op, 1), bank, base, flags, budget)
  }

  /// A jump to the address in a register.
  @inline(__always)
  static func indirect(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int
  ) {
    let pc = first(op, bank)
    let table = UInt(read(bank, RegisterBank.jumpTable))
    let place = (pc >> 2) & UInt64(JumpTable.count - 1)
    guard
      let entry = UnsafeRawPointer(
        bitPattern: table &+ UInt(place) &* UInt(JumpTable.entryBytes)),
      entry.load(as: UInt64.self) == pc
    else { return exit(bank, .unprepared, at: pc, budget) }
    enter(
      entry.load(fromByteOffset: JumpTable.codeOffset, as: UnsafeRawPointer.self), bank, base,
      flags,
      budget)
  }

  // MARK: The slow path

  /// An operation without a handler of its own, or an access that its handler doesn't cover.
  ///
  /// Out of line and in tail position, so that the handlers that go here keep no registers.
  @inline(never)
  static func rare(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int
  ) {
    if isExecuted(op, bank, budget) { return next(op, bank, base, flags, budget) }
  }

  /// The guest address that an exit's trailer has.
  @inline(__always)
  static func trailingAddress(_ op: Operations) -> UInt64 {
    op.load(fromByteOffset: PortableOperation.stride, as: UInt64.self)
  }

  /// Has the engine execute an operation, or ends the run before it. Without an engine, as during the
  /// ``TailCallCheck``, there is nothing to execute.
  @inline(never)
  private static func isExecuted(_ op: Operations, _ bank: Bytes, _ budget: Int) -> Bool {
    guard let owner = UnsafeRawPointer(bitPattern: UInt(read(bank, RegisterBank.owner))) else {
      return true
    }
    return Unmanaged<PortableEngine>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.executeRare(op, budget) }
  }
}

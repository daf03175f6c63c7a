/// Executes an operation of the portable engine, and goes on to the next one.
///
/// Arguments: the operation, the registers (``RegisterBank``), the flat part of the guest's memory and
/// its flags (``GuestSpace``), the steps that are left after the block. With optimisation each handler
/// ends in a jump to the next, so a run of any length takes no stack; without, the engine uses
/// ``SwitchLoop`` instead.
typealias HandlerFunction =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int
  ) -> Void

/// What handlers are made of.
///
/// Soundness: an operation's register numbers index a bank of 256 entries. `base` and `flags` are
/// accessed only for addresses that have none of the bits of the bank's `outside` entries, where they
/// are backed (see ``GuestSpace``). Operations, trailers and blocks are written by
/// ``PortableEngine`` alone, which keeps them until no handler runs.
enum Handler {
  typealias Operations = UnsafeRawPointer
  typealias Bytes = UnsafeMutableRawPointer

  @inline(__always)
  static func read(_ bank: Bytes, _ slot: UInt8) -> UInt64 {
    bank.load(fromByteOffset: Int(slot) &* 8, as: UInt64.self)
  }

  @inline(__always)
  static func first(_ op: Operations, _ bank: Bytes) -> UInt64 {
    read(bank, op.load(fromByteOffset: 9, as: UInt8.self))
  }

  @inline(__always)
  static func second(_ op: Operations, _ bank: Bytes) -> UInt64 {
    read(bank, op.load(fromByteOffset: 10, as: UInt8.self))
  }

  @inline(__always)
  static func write(_ op: Operations, _ bank: Bytes, _ value: UInt64) {
    let slot = op.load(fromByteOffset: 8, as: UInt8.self)
    bank.storeBytes(of: value, toByteOffset: Int(slot) &* 8, as: UInt64.self)
  }

  @inline(__always)
  static func immediate(_ op: Operations) -> UInt64 {
    UInt64(bitPattern: Int64(op.load(fromByteOffset: 12, as: Int32.self)))
  }

  /// The address of an operation that packs its number.
  @inline(__always)
  static func address(_ op: Operations, _ bank: Bytes) -> UInt64 {
    first(op, bank)
      &+ UInt64(bitPattern: Int64(op.load(fromByteOffset: 12, as: Int16.self)))
  }

  // MARK: Going on

  @inline(__always)
  private static func jump(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int
  ) {
    let target = op.load(as: UInt.self)
    unsafeBitCast(target, to: HandlerFunction.self)(op, bank, base, flags, left)
  }

  /// Goes on with the operation behind this one.
  @inline(__always)
  static func next(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int
  ) {
    jump(op + PortableOperation.stride, bank, base, flags, left)
  }

  /// Goes on with a block, if it fits into the steps that are left.
  @inline(__always)
  static func enter(
    _ block: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int
  ) {
    let after =
      left &- Int(block.load(fromByteOffset: 11 - PortableOperation.stride, as: UInt8.self))
    if _slowPath(after < 0) {
      let pc = block.load(fromByteOffset: -PortableOperation.stride, as: UInt64.self)
      return exit(bank, .budget, at: pc, left)
    }
    jump(block, bank, base, flags, after)
  }

  /// The block that an exit's trailer names.
  @inline(__always)
  static func link(_ op: Operations, _ position: Int) -> Operations {
    op.load(
      fromByteOffset: PortableOperation.stride + 8 &* position, as: UnsafeRawPointer.self)
  }

  /// Ends the run.
  @inline(__always)
  static func exit(_ bank: Bytes, _ reason: EngineExit, at pc: UInt64, _ left: Int) {
    func set(_ slot: UInt8, _ value: UInt64) {
      bank.storeBytes(of: value, toByteOffset: Int(slot) &* 8, as: UInt64.self)
    }
    set(RegisterBank.left, UInt64(bitPattern: Int64(left)))
    set(RegisterBank.end, pc)
    set(RegisterBank.reason, reason.rawValue)
  }

  // MARK: Kinds of operations

  /// A result from two registers.
  @inline(__always)
  static func binary(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ result: (UInt64, UInt64) -> UInt64
  ) {
    write(op, bank, result(first(op, bank), second(op, bank)))
    next(op, bank, base, flags, left)
  }

  /// A result from the first register and the immediate.
  @inline(__always)
  static func immediate(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ result: (UInt64, UInt64) -> UInt64
  ) {
    write(op, bank, result(first(op, bank), immediate(op)))
    next(op, bank, base, flags, left)
  }

  /// A result from the second register and a shift amount.
  @inline(__always)
  static func shift(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ result: (UInt64, UInt32) -> UInt64
  ) {
    let amount = op.load(fromByteOffset: 12, as: UInt32.self)
    write(op, bank, result(second(op, bank), amount))
    next(op, bank, base, flags, left)
  }

  @inline(__always)
  static func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ outside: UInt8, _ type: Value.Type
  ) {
    let address = address(op, bank)
    if _slowPath(address & read(bank, outside) != 0) {
      return rare(op, bank, base, flags, left)
    }
    let value = base.load(fromByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    write(op, bank, UInt64(truncatingIfNeeded: Value(bigEndian: value)))
    next(op, bank, base, flags, left)
  }

  @inline(__always)
  static func store<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ outside: UInt8, _ type: Value.Type
  ) {
    let address = address(op, bank)
    if _slowPath(address & read(bank, outside) != 0) {
      return rare(op, bank, base, flags, left)
    }
    let flag = flags.load(
      fromByteOffset: Int(truncatingIfNeeded: address >> 12), as: UInt8.self)
    if _slowPath(flag != PageFlags.directlyWritable.rawValue) {
      return rare(op, bank, base, flags, left)
    }
    base.storeBytes(
      of: Value(truncatingIfNeeded: second(op, bank)).bigEndian,
      toByteOffset: Int(truncatingIfNeeded: address), as: Value.self)
    next(op, bank, base, flags, left)
  }

  /// The end of a block that goes one of two ways.
  @inline(__always)
  static func branch(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    _ holds: (Int64, Int64) -> Bool
  ) {
    let (a, b) = (Int64(bitPattern: first(op, bank)), Int64(bitPattern: second(op, bank)))
    if holds(a, b) { return enter(link(op, 0), bank, base, flags, left) }
    enter(link(op, 1), bank, base, flags, left)
  }

  /// A comparison and a branch on it.
  @inline(__always)
  static func compare(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int,
    taken wanted: Bool, _ holds: (UInt64, UInt64) -> Bool
  ) {
    let result = holds(first(op, bank), second(op, bank))
    write(op, bank, result ? 1 : 0)
    if result == wanted { return enter(link(op, 0), bank, base, flags, left) }
    enter(link(op, 1), bank, base, flags, left)
  }

  /// A jump to the address in a register.
  @inline(__always)
  static func indirect(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int
  ) {
    let pc = first(op, bank)
    let table = UInt(read(bank, RegisterBank.table))
    let place = (pc >> 2) & UInt64(BlockTable.count - 1)
    guard
      let entry = UnsafeRawPointer(
        bitPattern: table &+ UInt(place) &* UInt(BlockTable.entryBytes)),
      entry.load(as: UInt64.self) == pc
    else { return exit(bank, .unprepared, at: pc, left) }
    enter(entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self), bank, base, flags, left)
  }

  // MARK: The slow path

  /// An operation without a handler of its own, or an access that its handler doesn't cover.
  ///
  /// Out of line and in tail position, so that the handlers that go here keep no registers.
  @inline(never)
  static func rare(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ left: Int
  ) {
    if isExecuted(op, bank, left) { return next(op, bank, base, flags, left) }
  }

  /// Has the engine execute an operation, or ends the run before it.
  @inline(never)
  private static func isExecuted(_ op: Operations, _ bank: Bytes, _ left: Int) -> Bool {
    guard let owner = UnsafeRawPointer(bitPattern: UInt(read(bank, RegisterBank.owner))) else {
      return false
    }
    return Unmanaged<PortableEngine>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.executeRare(op, left) }
  }
}

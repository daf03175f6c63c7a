/// Executes an operation of the portable engine, and goes on to the next one.
///
/// Arguments: the operation, the registers (``RegisterBank``), the flat part of the guest's memory and
/// its flags (``GuestSpace``), and the budget: the steps that may be executed after the current block.
///
/// Each handler ends with a call of the next. An optimizing compiler makes a jump of that call, so a run of any length
/// takes no stack. The language does not promise that, so ``TailCallCheck`` tests it.
///
/// Safety: as ``Handler``.
typealias HandlerFunction =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int
  ) -> Void

/// What handlers are made of.
///
/// Safety: an operation's register numbers index a bank of 256 entries. `base` and `flags` are
/// accessed only for addresses that have none of the bits of the bank's `outside` entries, and `windowBase` and
/// `windowFlags` for those in the window, where they are backed (see ``GuestSpace``). Operations, trailers and
/// blocks are written by ``PortableEngine`` alone, but for the trailers of indirect exits. It keeps them until no
/// handler runs.
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
  static func write(_ bank: Bytes, _ slot: UInt8, _ value: UInt64) {
    bank.storeBytes(of: value, toByteOffset: Int(slot) &* 8, as: UInt64.self)
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
    write(bank, operation(op).pointee.destination, value)
  }

  @inline(__always)
  static func immediate(_ op: Operations) -> Int32 { operation(op).pointee.immediate }

  /// What an operation that packs its number adds to the first register, for an address.
  @inline(__always)
  static func offset(_ op: Operations) -> UInt64 {
    UInt64(bitPattern: Int64(operation(op).pointee.packedImmediate))
  }

  /// What the register holds that the result goes to.
  @inline(__always)
  static func destination(_ op: Operations, _ bank: Bytes) -> UInt64 {
    read(bank, operation(op).pointee.destination)
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
      write(bank, RegisterBank.unfit, UInt64(header.pointee.remaining))
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

  /// The block that a detour leads to.
  @inline(__always)
  static func detour(_ op: Operations) -> Operations {
    op.load(fromByteOffset: PortableOperation.detourLink, as: UnsafeRawPointer.self)
  }

  /// Ends the run.
  @inline(__always)
  static func exit(_ bank: Bytes, _ reason: EngineExit, at pc: UInt64, _ budget: Int) {
    write(bank, RegisterBank.budget, UInt64(bitPattern: Int64(budget)))
    write(bank, RegisterBank.end, pc)
    write(bank, RegisterBank.reason, reason.rawValue)
  }

  // MARK: Accesses that handlers don't cover

  /// A load from outside the flat part, mostly from the window, see ``GuestSpace``.
  ///
  /// Out of line, as ``rare(_:_:_:_:_:)``.
  @inline(never)
  static func leaveLoad<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ type: Value.Type
  ) {
    let address = first(op, bank) &+ offset(op)
    guard isInWindow(bank, address, type),
      let source = UnsafeRawPointer(
        bitPattern: UInt(read(bank, RegisterBank.windowBase)) &+ UInt(address))
    else { return rare(op, bank, base, flags, budget) }
    let value = Value(bigEndian: source.load(as: Value.self))
    write(op, bank, UInt64(truncatingIfNeeded: value))
    next(op, bank, base, flags, budget)
  }

  /// A store that its part doesn't cover: to the window, or to a page that is not directly writable, maybe only since
  /// it has watched bytes.
  ///
  /// Out of line, as ``rare(_:_:_:_:_:)``.
  @inline(never)
  static func leaveStore<Value: FixedWidthInteger & BitwiseCopyable>(
    _ op: Operations, _ bank: Bytes, _ base: Bytes, _ flags: Bytes, _ budget: Int,
    _ type: Value.Type
  ) {
    let address = first(op, bank) &+ offset(op)
    let bits = read(bank, RegisterBank.outside1) | UInt64(MemoryLayout<Value>.size &- 1)
    var place = (UInt(bitPattern: base), UInt(bitPattern: flags))
    if address & bits != 0 {
      guard isInWindow(bank, address, type) else { return rare(op, bank, base, flags, budget) }
      place = (
        UInt(read(bank, RegisterBank.windowBase)), UInt(read(bank, RegisterBank.windowFlags))
      )
    }
    guard let bytes = UnsafeMutableRawPointer(bitPattern: place.0 &+ UInt(address)),
      let flag = UnsafeRawPointer(bitPattern: place.1 &+ UInt(address >> 12))?.load(as: UInt8.self),
      flag == PageFlags.directlyWritable.rawValue
        || flag == PageFlags.writableBesideWatches.rawValue
          && !mayBeWatched(bank, address, WatchTable.storeBit(MemoryLayout<Value>.size))
    else { return rare(op, bank, base, flags, budget) }
    bytes.storeBytes(of: Value(truncatingIfNeeded: second(op, bank)).bigEndian, as: Value.self)
    next(op, bank, base, flags, budget)
  }

  /// Whether an aligned value lies in the window.
  @inline(__always)
  private static func isInWindow<Value>(
    _ bank: Bytes, _ address: UInt64, _ type: Value.Type
  ) -> Bool {
    address &- read(bank, RegisterBank.windowStart) < read(bank, RegisterBank.windowSize)
      && address & UInt64(MemoryLayout<Value>.size &- 1) == 0
  }

  /// Whether the ``WatchTable`` has a bit for an address.
  @inline(__always)
  static func mayBeWatched(_ bank: Bytes, _ address: UInt64, _ bit: UInt8) -> Bool {
    guard
      let table = UnsafeRawPointer(
        bitPattern: UInt(truncatingIfNeeded: read(bank, RegisterBank.watchTable)))
    else { return true }
    return table.load(fromByteOffset: Int(address & 0xFFF), as: UInt8.self) & bit != 0
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

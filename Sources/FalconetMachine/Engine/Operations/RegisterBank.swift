/// The registers of the thread that an engine runs, and what its code needs beside them, where both
/// can be reached by number.
///
/// A register of a 32-bit machine is held sign-extended, so that what a 64-bit machine does with it is right for both.
/// Only addresses differ: those in the upper half of the space go to the slow path.
///
/// Translated code reaches entries 7 to 38 by shorter instructions than others, so what it compares most has a place there.
///
/// Safety: 256 entries are allocated and initialized, and an index is a byte, so every access is in
/// bounds; `Registers` are 32 of them in a row. The machine that owns the bank frees it.
struct RegisterBank {
  static let hi: UInt8 = 32
  static let lo: UInt8 = 33
  /// Where results for register 0 go.
  static let discarded: UInt8 = 59
  /// Copies of a branch's operands, if its delay slot changes them.
  static let firstCopy: UInt8 = 55
  static let secondCopy: UInt8 = 57
  /// The address of 4 or 8 bytes is flat, and a multiple of their number, if it has none of these bits.
  static let outside4: UInt8 = 35
  static let outside8: UInt8 = 38
  static let outside1: UInt8 = 39
  static let outside2: UInt8 = 40
  /// See ``GuestSpace``.
  static let windowStart: UInt8 = 41
  static let windowSize: UInt8 = 42
  static let windowBase: UInt8 = 43
  static let windowFlags: UInt8 = 44
  /// Steps of the budget that the run didn't use.
  static let budget: UInt8 = 45
  /// How many steps the block takes that didn't fit into the budget.
  static let unfit: UInt8 = 70
  /// Where the run ended.
  static let end: UInt8 = 46
  /// Why it ended: an ``EngineExit``.
  static let reason: UInt8 = 47
  /// The address of the ``JumpTable``'s entries.
  static let jumpTable: UInt8 = 48
  /// The ``EngineCore``, for calls back; 0 during the ``TailCallCheck``.
  static let owner: UInt8 = 49
  /// Operands of accesses that translated code leaves to a call back.
  static let callBackAddress: UInt8 = 50
  static let callBackValue: UInt8 = 51
  /// The address of the ``WatchTable``'s entries.
  static let watchTable: UInt8 = 52
  /// See ``WatchedMemory``.
  static let readStart: UInt8 = 53
  static let readSize: UInt8 = 54
  /// The start of the ``StackRange``, and how far from there on a stack pointer may be: in units, and in bytes.
  static let stackStart: UInt8 = 36
  static let stackSize: UInt8 = 34
  static let stackBytes: UInt8 = 69
  static let stackBase: UInt8 = 56
  /// Where the host's stack begins that translated calls use, and where it is too full for another.
  static let callsTop: UInt8 = 60
  static let callsLimit: UInt8 = 61
  /// The host's address behind the call that asked for the form of a block that checks each access.
  static let checkedCall: UInt8 = 62
  /// How many accesses to the window took the slow path since this was looked at last: see
  /// ``Translator/wantsNewCode(after:)``.
  static let windowHits: UInt8 = 63
  /// The address of the flags of the range's first page, and how many pages it has.
  static let stackFlags: UInt8 = 58
  static let stackPages: UInt8 = 64
  /// The reservation that code made and the machine does not know of, or an ``OpenLink``.
  static let openLink: UInt8 = 65
  /// How many steps of the budget were left at its `ll`, less ``longestReservation``. An `sc` that comes with fewer
  /// left is further from its `ll` than any was before.
  static let openLinkSteps: UInt8 = 66
  /// See ``Statistics/longestReservation``.
  static let longestReservation: UInt8 = 67
  /// How many `sc` code executed since the machine was told last.
  static let linkedStores: UInt8 = 68
  /// The address of the flags of page 0.
  static let flags: UInt8 = 37

  let values: UnsafeMutablePointer<UInt64>

  init() {
    values = .allocate(capacity: 256)
    values.initialize(repeating: 0, count: 256)
  }

  func deallocate() { values.deallocate() }

  @inline(__always)
  subscript(index: UInt8) -> UInt64 {
    get { values[Int(index)] }
    nonmutating set { values[Int(index)] = newValue }
  }

  /// The general registers, in one piece.
  private var general: UnsafeMutablePointer<Registers> {
    UnsafeMutableRawPointer(values).assumingMemoryBound(to: Registers.self)
  }

  /// Loads a thread's registers.
  func load(_ thread: borrowing ThreadState, _ wordSize: WordSize) {
    general.pointee = thread.registers
    self[Self.hi] = thread.hi
    self[Self.lo] = thread.lo
    guard wordSize == .bits32 else { return }
    for index in 0...Int(Self.lo) {
      values[index] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: values[index])))
    }
  }

  /// Stores the registers into the thread.
  func store(into thread: inout ThreadState, _ wordSize: WordSize) {
    let mask = wordSize.mask
    if wordSize == .bits64 {
      thread.registers = general.pointee
    } else {
      withUnsafeMutableBytes(of: &thread.registers) { bytes in
        for index in 0..<32 {
          bytes.storeBytes(of: values[index] & mask, toByteOffset: 8 * index, as: UInt64.self)
        }
      }
    }
    thread.hi = self[Self.hi] & mask
    thread.lo = self[Self.lo] & mask
  }

  /// Sets the entries that say where memory lies.
  func describe(_ space: GuestSpace) {
    self[Self.outside1] = space.outside
    self[Self.outside2] = space.outside | 1
    self[Self.outside4] = space.outside | 3
    self[Self.outside8] = space.outside | 7
    self[Self.flags] = UInt64(UInt(bitPattern: space.flags))
    self[Self.windowStart] = space.windowStart
    self[Self.windowSize] = space.windowSize
    self[Self.windowBase] = UInt64(space.windowBase)
    self[Self.windowFlags] = UInt64(space.windowFlags)
  }

  /// Sets the entries that say what is watched in a memory.
  func describeWatches(_ memory: Memory) {
    self[Self.watchTable] = UInt64(UInt(bitPattern: memory.watchTable.bytes))
    self[Self.readStart] = memory.watches.readStart
    self[Self.readSize] = memory.watches.readSize
  }
}

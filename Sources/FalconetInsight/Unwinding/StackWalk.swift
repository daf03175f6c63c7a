import FalconetMachine

/// Where unwinding is: at one frame of a thread's stack. Leaves it for its caller's.
struct StackWalk {
  /// The next instruction of the innermost frame; of the others, where the call returns to.
  private(set) var pc: UInt64
  private(set) var isInnermost = true
  private(set) var isGuess = false

  private let reader: GuestReader
  private let nextPC: UInt64
  private let g: UInt64
  /// Where a function that has no frame yet was told to return to, before it asked for more stack.
  private let earlyReturnAddress: UInt64
  /// The registers in this frame. Without a table, those of a caller are taken for unchanged.
  private var registers: Registers
  private var stackPointer: UInt64 {
    get { registers[29] }
    set { registers[29] = newValue }
  }
  /// What register 31 held in this frame, as long as that is known.
  private var returnAddress: UInt64?
  /// Whether the walk is on the stack of the goroutine, not on the thread's own.
  private var hasCrossed = false

  init(_ thread: ThreadState, _ reader: GuestReader) {
    self.reader = reader
    pc = thread.pc
    nextPC = thread.nextPC
    registers = thread.registers
    g = thread.registers[30]
    earlyReturnAddress = thread.registers[3]
    returnAddress = thread.registers[31]
    // In the delay slot of a call, register 31 is the callee's already.
    if isInDelaySlot, returnAddress == pc &+ 4 { returnAddress = earlyReturnAddress }
  }

  /// Whether the thread has taken a branch, and executes the instruction behind it next.
  var isInDelaySlot: Bool {
    isInnermost && nextPC != (pc &+ 4) & reader.memory.wordSize.mask
  }

  /// The instruction that the frame is at: the next one, or the last that the call executed, in its
  /// delay slot. (Go begins a goroutine as if its first instruction had made a call.)
  var instruction: UInt64 { isInnermost ? pc : pc &- 4 }

  /// The address by which tables find the frame. What a table says of a delay slot holds after it;
  /// what holds in it stands at its branch.
  var lookUpAddress: UInt64 { isInDelaySlot ? pc &- 4 : pc }

  /// Goes on to the caller of a Go function, and answers why there is none.
  mutating func leave(_ frame: GoFrame) -> CallStack.End? {
    if frame.isOutermost { return .outermost }
    switch frame.kind {
    case .ordinary:
      if frame.writesStackPointer, isInnermost, !isOnGoroutinesStack {
        return .lost("the function is on another stack than its goroutine's")
      }
    case .moreStack:
      if let saved = crossing() {
        stackPointer = saved.stackPointer
        return go(to: saved.pc, returnAddress: saved.returnAddress)
      }
      guard isInnermost, let returnAddress else { return .outermost }
      return go(to: returnAddress, returnAddress: earlyReturnAddress)
    case .systemStack:
      if frame.size ?? 0 > 0, let saved = crossing() { stackPointer = saved.stackPointer }
    case .switchesForGood:
      if !isInnermost || crossing() != nil { return .outermost }
    }
    guard let size = frame.size else {
      return .lost("Go's function table has no frame size for \(hex(pc))")
    }
    // A function with a frame has its return address at the frame's start.
    return leave(size: size, slot: size > 0 ? 0 : nil)
  }

  /// What was saved of the goroutine that the thread runs for, if the walk is on the thread's own
  /// stack. The walk is on the goroutine's from then on.
  private mutating func crossing() -> GoStacks.Saved? {
    guard !hasCrossed, let saved = GoStacks(reader: reader).savedGoroutine(ofThreadOn: g) else {
      return nil
    }
    hasCrossed = true
    return saved
  }

  /// Whether the stack pointer lies where the current `g` says that its stack is (its words 0 and 1).
  private var isOnGoroutinesStack: Bool {
    g != 0 && stackPointer >= reader.word(0, of: g) && stackPointer <= reader.word(1, of: g)
  }

  /// Goes on to the caller of a function that call frames describe, and answers why there is none.
  mutating func leave(_ row: FrameRow) -> CallStack.End? {
    guard let base = row.base else {
      return .lost("the frame is described by an expression, which is not supported")
    }
    let mask = reader.memory.wordSize.mask
    let frame = (registers[base] &+ UInt64(bitPattern: row.offset)) & mask
    guard frame % reader.wordBytes == 0 else {
      return .lost("the frame's address, \(hex(frame)), is odd")
    }
    var caller = registers
    caller[29] = frame
    for (register, rule) in row.rules {
      switch rule {
      case .same, .undefined: break
      case .saved(let offset): caller[register] = reader.word(frame &+ UInt64(bitPattern: offset))
      case .frame(let offset): caller[register] = (frame &+ UInt64(bitPattern: offset)) & mask
      case .register(let holder): caller[register] = registers[holder]
      case .expression:
        return .lost("register \(register) is described by an expression, which is not supported")
      }
    }
    switch row.rules[row.returnAddress] {
    case .undefined: return .outermost
    case nil, .same:
      // Of a caller, the register holds what its own call put there.
      guard let returnAddress else { return .lost("the function stores no return address") }
      caller[row.returnAddress] = returnAddress
    case .saved, .frame, .register, .expression: break
    }
    let target = caller[row.returnAddress] & mask
    guard target != pc || frame != stackPointer else { return .lost("the frame is its own caller") }
    registers = caller
    return go(to: target, returnAddress: nil)
  }

  /// Continues with the caller of a function that no table describes, and returns why there is none.
  mutating func leave(_ prologue: Prologue) -> CallStack.End? {
    isGuess = true
    return leave(size: prologue.size, slot: prologue.returnAddressSlot)
  }

  private mutating func leave(size: UInt64, slot: Int64?) -> CallStack.End? {
    let caller: UInt64
    if let slot {
      guard stackPointer % reader.wordBytes == 0 else {
        return .lost("the stack pointer, \(hex(stackPointer)), is odd")
      }
      caller = reader.word(stackPointer &+ UInt64(bitPattern: slot))
    } else if let returnAddress {
      caller = returnAddress
    } else {
      return .lost("the function stores no return address")
    }
    let (top, wraps) = stackPointer.addingReportingOverflow(size)
    guard !wraps else { return .lost("the frame of \(size) bytes leaves the address space") }
    stackPointer = top
    return go(to: caller, returnAddress: nil)
  }

  private mutating func go(to caller: UInt64, returnAddress: UInt64?) -> CallStack.End? {
    guard caller != 0 else { return .outermost }
    pc = caller
    self.returnAddress = returnAddress
    isInnermost = false
    return nil
  }
}

/// Writes x86-64 code.
///
/// While translated code runs, the guest registers that are used most are in host registers
/// (``X86Register/pinned``), the others in the bank.
///
/// Safety: calls `cpuid` through code that it wrote itself, and jumps only to places that it wrote. Every
/// entry and exit keeps the registers that the calling convention reserves for the caller.
struct X86Emitter: CodeEmitter {
  static let bankOffset = X86Assembler.bankBias

  var assembler: X86Assembler
  /// Of the current block, if ``expectsWindow``.
  let foresight: WindowForesight
  /// Of guest addresses.
  let mask: UInt64
  /// The bits that no flat address has.
  let outside: UInt64
  /// Whether programs have flat addresses. If not, checks of several accesses would fail. There are none in valgrind
  /// either, which holds on to code that was executed once. So no block takes the place of a jump then.
  let hasFlatPart: Bool
  /// See ``GuestSpace``.
  let margin: Int32
  var usesFrames: Bool
  var checksLoads = false
  var checksRange = false
  /// What the current block needs out of line, behind it.
  var slowPaths: [SlowPath] = []
  /// The steps of the current block, and its address.
  private(set) var block = (length: 0, pc: UInt64(0))
  /// Its operations, whose memory is its decoder's: used while it is written.
  private(set) var operations: OperationList
  private let noOperations = OperationList.memory()
  /// The operation of the current block that is being written. Slow paths, which are written behind all of them, have no
  /// use for it.
  private(set) var index = 0
  /// The accesses of the current block.
  private(set) var plan: AccessPlan
  /// Whether the current block relies on the stack pointer being a frame's, see ``FramePlan``.
  private(set) var isFramed = false
  /// What the last operation compared: the entry that holds the result, and the condition that was looked at, which the
  /// flags still have.
  var comparison: (entry: UInt8, condition: X86Condition)?

  /// The jump that the code ends with.
  struct OpenEnd {
    /// The jump, and the address of its block.
    let jump: Int
    let pc: UInt64
    /// Where the code ends.
    let end: Int
    /// The branch right before the jump: its own jump, condition and address.
    var branch: (jump: Int, condition: X86Condition, pc: UInt64)?
  }
  var openEnd: OpenEnd?
  /// The entry of the bank whose value is in rax too, as long as the code ends here.
  var accumulator: (entry: UInt8, end: Int)?

  // Places of code that all blocks share.
  private(set) var missing = 0
  private(set) var entry = 0
  private var firstBlock = 0
  private(set) var rarePosition: Int
  private(set) var exits: [Int] = []
  var loadThunks: [Int] = []
  var checkedLoadThunks: [Int] = []
  var storeThunks: [Int] = []
  var linkedThunks: [Int] = []
  var partThunks: [Int] = []
  var rareThunk = 0
  var coverThunk = 0
  var wholeThunks: [Int] = []
  var systemCallThunk = 0
  var missedReturn = 0
  var firstReturn = 0

  init?(_ code: CodeMemory, _ memory: Memory, _ bank: RegisterBank) {
    foresight = WindowForesight(bank, memory.space)
    assembler = X86Assembler(code)
    rarePosition = code.rareStart
    mask = memory.wordSize.mask
    outside = memory.space.outside
    hasFlatPart = memory.space.isReserved
    usesFrames = hasFlatPart
    operations = OperationList(in: noOperations)
    margin = Int32(memory.space.margin)
    plan = AccessPlan(memory.wordSize, margin: memory.space.margin)
    #if arch(x86_64) && os(Linux) && !FALCONET_NO_X86
      guard hasByteSwappingMoves(UInt(bitPattern: code.executable)) else { return nil }
    #else
      return nil
    #endif
    emitSharedCode()
    firstBlock = assembler.position
  }

  /// Whether the processor has `movbe`, which accesses to memory use: bit 22 of what `cpuid` returns.
  private mutating func hasByteSwappingMoves(_ start: UInt) -> Bool {
    let place = assembler.position
    assembler.push(.rbx)
    assembler.set(.rax, to: 1)
    assembler.byte(0x0F)
    assembler.byte(0xA2)
    assembler.registers(0x8B, .rax, .rcx, wide: false)
    assembler.pop(.rbx)
    assembler.ret()
    assembler.align()
    typealias Query = @convention(c) () -> UInt32
    return unsafeBitCast(start + UInt(place), to: Query.self)() >> 22 & 1 == 1
  }

  var position: Int { assembler.position }

  mutating func discardBlocks() {
    assembler.position = firstBlock
    // What is known of the code's end says nothing of other code that ends at the same place.
    openEnd = nil
    accumulator = nil
    rarePosition = assembler.memory.rareStart
  }

  /// Bytes of the subtraction and the jump that most blocks begin with.
  private static let budgetCheckBytes = 10

  mutating func write(_ block: Block, _ form: BlockForm, into cache: inout BlockCache) -> Int {
    if form == .checked { swapParts() }
    defer { if form == .checked { swapParts() } }
    self.block = (block.length, block.pc)
    operations = block.operations
    makePlan(block, form)
    let closed = form == .usual && hasFlatPart ? closeEnd(block.pc, &cache) : nil
    if closed == nil {
      assembler.align()
    } else {
      assembler.keepTogether(Self.budgetCheckBytes)
    }
    let place = assembler.position
    cache.insert(place, at: block.pc, form) {
      if $0 != closed { assembler.patch($0, to: place) }
    }
    assembler.immediate(.sub, .r14, Int32(block.length))
    slowPaths.append(.budget(assembler.jump(.negative)))
    emitOperations()
    if usesFrames, !checksLoads, !isFramed || !plan.frame.isKept { emitFrameEnd(block.exit) }
    emit(block, &cache)
    if form == .usual { swapParts() }
    emitSlowPaths(&cache)
    if form == .usual { swapParts() }
    return place
  }

  private mutating func makePlan(_ block: Block, _ form: BlockForm) {
    // Loads that compare addresses with what is watched do so each by itself.
    let isPlanned = form == .usual && hasFlatPart && !checksLoads
    isFramed = isPlanned && usesFrames
    if expectsWindow { foresight.look(at: block.operations) }
    if isPlanned {
      plan.make(for: block, hasFrame: isFramed, foresight: expectsWindow ? foresight : nil)
    } else {
      plan.clear(block)
    }
  }

  private mutating func emitOperations() {
    let operations = operations
    index = 0
    comparison = nil
    while index < operations.count {
      let operation = operations[index]
      if let check = plan.frame.check, check.index == index { emitCheck(check, before: operation) }
      if let place = plan.operations[index].check { emitCheck(of: place, before: operation) }
      comparison = nil
      if operation.accessesPart, let count = emitUnaligned(at: index) {
        index += count
        continue
      }
      let next = index + 1 < operations.count ? operations[index + 1] : nil
      if let constant = plan.operations[index].constant {
        if let next, emitSum(operation, constant, next, index + 1) {
          index += 1
        } else {
          setConstant(operation.destination, constant)
        }
      } else if operation.operation == .dsll, let next, emitExtension(operation, next) {
        index += 1
      } else {
        emit(operation, plan.operations[index].access)
      }
      index += 1
    }
  }

  /// Writes code that is rarely executed from here on, or no longer.
  mutating func swapParts() { swap(&assembler.position, &rarePosition) }

  // MARK: Entry and exits

  private mutating func emitSharedCode() {
    missing = emitExit(.unprepared, atZero: true)
    exits = [EngineExit.budget, .leave, .unprepared, .checked, .stepped]
      .map { emitExit($0, atZero: false) }
    emitMissedReturn()
    entry = assembler.position
    emitEntry()
    emitThunks()
  }

  /// The host registers that a function must leave as they were.
  private static let saved: [X86Register] = [.rbx, .rbp, .r12, .r13, .r14, .r15]

  private mutating func emitEntry() {
    for register in Self.saved { assembler.push(register) }
    assembler.move(.rbx, .rdi)
    emitFirstCall()
    assembler.move(.r12, .rsi)
    assembler.bank(0x8B, .r13, RegisterBank.stackBase)
    assembler.move(.r14, .rdx)
    assembler.move(.rax, .rcx)
    loadPinned()
    assembler.byte(0xFF)
    assembler.byte(0xE0)
  }

  /// The way out. The guest address is in rax, and the length of a block that doesn't fit in cl. The one for
  /// ``EngineExit/checked`` is called; ``link(checkedCall:to:)`` makes a jump of that call.
  private mutating func emitExit(_ reason: EngineExit, atZero: Bool) -> Int {
    let place = assembler.position
    if atZero { assembler.set(.rax, to: 0) }
    if reason == .checked {
      assembler.pop(.rdx)
      assembler.bank(0x89, .rdx, RegisterBank.checkedCall)
    }
    assembler.bank(0x89, .rax, RegisterBank.end)
    if reason == .budget {
      assembler.registers0F(0xB6, .rcx, .rcx, wide: false)
      assembler.bank(0x89, .rcx, RegisterBank.unfit)
      assembler.registers(X86Operation.add.opcode, .r14, .rcx)
    }
    savePinned()
    assembler.bank(0x89, .r14, RegisterBank.budget)
    assembler.set(.rax, to: reason.rawValue)
    assembler.bank(0x89, .rax, RegisterBank.reason)
    assembler.bank(0x8B, .rsp, RegisterBank.callsTop)
    assembler.immediate(.add, .rsp, Self.firstCallBytes)
    for register in Self.saved.reversed() { assembler.pop(register) }
    assembler.ret()
    assembler.align()
    return place
  }

  mutating func savePinned() {
    for (guest, host) in X86Register.pinned { assembler.bank(0x89, host, guest) }
  }

  mutating func loadPinned() {
    for (guest, host) in X86Register.pinned { assembler.bank(0x8B, host, guest) }
  }

  /// Ends the run for a reason, at an address.
  mutating func emitExit(_ reason: EngineExit, at pc: UInt64) {
    assembler.set(.rax, to: pc)
    assembler.jump(to: exits[Int(reason.rawValue)])
  }

  /// Ends the run for a reason, at the address in rax.
  mutating func emitExit(_ reason: EngineExit) {
    assembler.jump(to: exits[Int(reason.rawValue)])
  }
}

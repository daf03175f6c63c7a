/// The engine for x86-64: blocks translated to machine code.
///
/// While translated code runs, the guest registers that are used most are in host registers
/// (``HostRegister/pinned``), the others in the bank. A block begins by taking its length off the steps
/// that are left, and ends in jumps to the blocks that follow; a jump to one that is not translated yet
/// leaves the code, and is patched once it is. What is rare is executed by calls back to
/// ``BlockEngine/execute(_:left:)``.
///
/// Soundness: code is entered only through the code that ``emitEntry()`` wrote, at starts of blocks,
/// with the bank, memory and flags of the machine that owns this engine. Translated code accesses
/// memory as ``Handler`` does, and only while ``run(from:budget:)`` is on the stack; blocks are
/// forgotten, and code memory used again, only between runs or between blocks.
final class Translator: BlockEngine {
  /// Bytes of code; when they are used up, all blocks are forgotten.
  static let codeBytes = 32 << 20
  /// More than the code of the longest block takes.
  private static let mostBytes = 1 << 16

  /// Enters code: bank, flat memory, flags, steps left, code.
  private typealias Entry =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int, UInt
    ) -> Void

  private let code: CodeMemory
  private var table: BlockTable
  private var decoder: BlockDecoder
  var assembler: Assembler
  /// The places of blocks in the code, by guest address.
  private var blocks = AddressMap()
  /// Jumps to blocks that are not translated yet, and by guest address the last of them; each names
  /// the one before it, −1 the first.
  private var waiting: [(jump: Int, before: Int)] = []
  private var lastWaiting = AddressMap()
  /// What the block in hand needs out of line, behind it.
  var slowPaths: [SlowPath] = []
  /// The steps of the block in hand, and its address.
  private(set) var block = (length: 0, pc: UInt64(0))

  // Places of code that all blocks share.
  private var entry = 0
  private var firstBlock = 0
  private var exits: [Int] = []
  var loadThunks: [Int] = []
  var storeThunks: [Int] = []
  var rareThunk = 0

  /// Nil where the host is another processor, or refuses executable memory.
  init?(_ machine: Machine, stopRange: Range<UInt64>?) {
    #if arch(x86_64) && os(Linux)
      guard let code = CodeMemory(count: Self.codeBytes + Self.mostBytes) else { return nil }
    #else
      return nil
    #endif
    self.code = code
    assembler = Assembler(code)
    decoder = BlockDecoder(rules: machine.rules, stopRange: stopRange)
    let start = UInt(bitPattern: code.executable)
    guard Self.hasByteSwappingMoves(&assembler, start) else { return nil }
    // The table's own code for address 0 leaves the code, and comes first.
    guard let table = BlockTable(missing: start + UInt(assembler.position)) else { return nil }
    self.table = table
    super.init(machine)
    bank[RegisterBank.table] = UInt64(table.address)
    bank[RegisterBank.owner] = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    emitSharedCode()
    firstBlock = assembler.position
  }

  /// Whether the processor has `movbe`, which ``Assembler`` uses: bit 22 of what `cpuid` says.
  private static func hasByteSwappingMoves(_ assembler: inout Assembler, _ start: UInt) -> Bool {
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

  override func run(from start: UInt64, budget: UInt64) -> End {
    var pc = start
    var left = budget
    let enter = unsafeBitCast(UInt(bitPattern: code.executable) + UInt(entry), to: Entry.self)
    while let block = block(at: pc) {
      enter(
        UnsafeMutableRawPointer(bank.values) + Assembler.bankBias, memory.space.base,
        UnsafeMutableRawPointer(memory.space.flags), Int(left),
        UInt(bitPattern: code.executable) + UInt(block))
      left = bank[RegisterBank.left]
      pc = bank[RegisterBank.end] & memory.wordSize.mask
      guard bank[RegisterBank.reason] == EngineExit.unprepared.rawValue, pc & 3 == 0 else { break }
    }
    return End(pc: pc, left: left)
  }

  override func forget() {
    super.forget()
    assembler.position = firstBlock
    blocks.removeAll()
    waiting.removeAll(keepingCapacity: true)
    lastWaiting.removeAll()
    table.clear()
  }

  // MARK: Blocks

  private func block(at pc: UInt64) -> Int? {
    guard let block = blocks[pc] else { return translate(pc) }
    table.insert(UInt(bitPattern: code.executable) + UInt(block), at: pc)
    return block
  }

  @inline(never)
  private func translate(_ pc: UInt64) -> Int? {
    guard canKeepBlocks(at: pc), decoder.decode(at: pc, page: memory.page(pc >> 12)) else {
      return nil
    }
    code.populate(upTo: assembler.position + Self.mostBytes)
    if assembler.position > Self.codeBytes {
      forget()
      guard canKeepBlocks(at: pc) else { return nil }
    }
    let decoded = decoder.block
    block = (decoded.length, pc)
    assembler.align()
    let place = assembler.position
    blocks.set(pc, to: place)
    emitBudgetCheck()
    for operation in decoded.operations { emit(operation) }
    emit(decoded.exit)
    emitSlowPaths()
    var next = lastWaiting[pc] ?? -1
    while next >= 0 {
      assembler.patch(waiting[next].jump, to: place)
      next = waiting[next].before
    }
    table.insert(UInt(bitPattern: code.executable) + UInt(place), at: pc)
    return place
  }

  /// Has a jump go to the block at an address, by way of leaving the code as long as it is not
  /// translated.
  func link(_ jump: Int, to pc: UInt64) {
    if let place = blocks[pc] {
      assembler.patch(jump, to: place)
    } else {
      waiting.append((jump, before: lastWaiting[pc] ?? -1))
      lastWaiting.set(pc, to: waiting.count - 1)
      slowPaths.append(.exit(jump, .unprepared, pc))
    }
  }

  // MARK: Entry and exits

  private func emitSharedCode() {
    emitExit(.unprepared, atZero: true)
    entry = assembler.position
    emitEntry()
    exits = [EngineExit.budget, .leave, .unprepared].map { emitExit($0) }
    emitThunks()
  }

  /// The host registers that a function must leave as they were.
  private static let saved: [HostRegister] = [.rbx, .rbp, .r12, .r13, .r14, .r15]

  private func emitEntry() {
    for register in Self.saved { assembler.push(register) }
    // Six registers and the return address are on the stack: 8 more make it a multiple of 16.
    assembler.immediate(.sub, .rsp, 8)
    assembler.move(.rbx, .rdi)
    assembler.move(.r12, .rsi)
    assembler.move(.r13, .rdx)
    assembler.move(.r14, .rcx)
    assembler.move(.rax, .r8)
    loadPinned()
    assembler.byte(0xFF)
    assembler.byte(0xE0)
  }

  /// The way out: with the guest address in rax.
  @discardableResult
  private func emitExit(_ reason: EngineExit, atZero: Bool = false) -> Int {
    let place = assembler.position
    if atZero { assembler.set(.rax, to: 0) }
    assembler.bank(0x89, .rax, RegisterBank.end)
    savePinned()
    assembler.bank(0x89, .r14, RegisterBank.left)
    assembler.set(.rax, to: reason.rawValue)
    assembler.bank(0x89, .rax, RegisterBank.reason)
    assembler.immediate(.add, .rsp, 8)
    for register in Self.saved.reversed() { assembler.pop(register) }
    assembler.ret()
    assembler.align()
    return place
  }

  func savePinned() {
    for (guest, host) in HostRegister.pinned { assembler.bank(0x89, host, guest) }
  }

  func loadPinned() {
    for (guest, host) in HostRegister.pinned { assembler.bank(0x8B, host, guest) }
  }

  /// Leaves the code for a reason, at an address.
  func emitExit(_ reason: EngineExit, at pc: UInt64) {
    assembler.set(.rax, to: pc)
    assembler.jump(to: exits[Int(reason.rawValue)])
  }

  /// Leaves the code for a reason, at the address in rax.
  func emitExit(_ reason: EngineExit) { assembler.jump(to: exits[Int(reason.rawValue)]) }

  private func emitBudgetCheck() {
    assembler.immediate(.sub, .r14, Int32(block.length))
    slowPaths.append(.budget(assembler.jump(.negative)))
  }
}

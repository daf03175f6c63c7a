/// The engine that runs on any processor: blocks of compact operations, executed by handlers that
/// jump to one another (``Handler``), or by a switch where that is asked for.
///
/// Soundness: the arena is written only by this class, between runs, at 16-byte steps and inside its
/// bounds; blocks stay where they are until all are forgotten, and no pointer to one is kept then.
final class PortableEngine: BlockEngine {
  /// Bytes that blocks may take; when they are used up, all blocks are forgotten.
  static let arenaBytes = 32 << 20

  /// Whether blocks are executed by ``SwitchLoop``, as they must be without optimisation, where calls
  /// in tail position take stack.
  let usesSwitch: Bool

  private let arena: HostMapping
  private var used = 0
  private var decoder: BlockDecoder
  private var table: BlockTable
  /// The first operations of blocks, by guest address.
  private var blocks: [UInt64: UnsafeMutableRawPointer] = [:]
  /// The same in the order of the arena, which is ascending.
  private var starts: [UnsafeMutableRawPointer] = []
  /// What stands in for a block that is not decoded yet, by guest address, and the trailers that
  /// name it.
  private var waiting: [UInt64: (stub: UnsafeMutableRawPointer, links: [UnsafeMutableRawPointer])] =
    [:]

  /// Nil where the host has no memory.
  init?(_ machine: Machine, stopRange: Range<UInt64>?, usesSwitch: Bool) {
    guard let arena = HostMapping(count: Self.arenaBytes + 16 * Self.mostBytes),
      let table = BlockTable(missing: UInt(bitPattern: arena.start + PortableOperation.stride))
    else { return nil }
    self.arena = arena
    self.table = table
    self.usesSwitch = usesSwitch
    decoder = BlockDecoder(rules: machine.rules, stopRange: stopRange)
    super.init(machine)
    bank[RegisterBank.table] = UInt64(table.address)
    bank[RegisterBank.owner] = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    reset()
  }

  /// Bytes of the longest block, with what stands in for the two that it goes to.
  private static let mostBytes = (Block.longest + 16) * PortableOperation.stride

  override func run(from start: UInt64, budget: UInt64) -> End {
    var pc = start
    var left = budget
    while let block = block(at: pc) {
      if usesSwitch {
        runSwitch(block, Int(left))
      } else {
        Handler.enter(
          block, UnsafeMutableRawPointer(bank.values), memory.space.base,
          UnsafeMutableRawPointer(memory.space.flags), Int(left))
      }
      left = bank[RegisterBank.left]
      pc = bank[RegisterBank.end] & memory.wordSize.mask
      guard bank[RegisterBank.reason] == EngineExit.unprepared.rawValue, pc & 3 == 0 else { break }
    }
    return End(pc: pc, left: left)
  }

  @inline(never)
  private func runSwitch(_ block: UnsafeMutableRawPointer, _ left: Int) {
    switch memory.wordSize {
    case .bits32: SwitchLoop<UInt32>(machine).run(block, left)
    case .bits64: SwitchLoop<UInt64>(machine).run(block, left)
    }
  }

  override func forget() {
    super.forget()
    reset()
  }

  private func reset() {
    used = 0
    blocks.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    waiting.removeAll(keepingCapacity: true)
    table.clear()
    // The first block stands for address 0 where the table has no other.
    _ = addStub(0)
  }

  // MARK: Calls back

  /// Executes an operation for its handler; where it can't be, sets where the run ends.
  func executeRare(_ op: UnsafeRawPointer, _ left: Int) -> Bool {
    let threaded = op.load(as: PortableOperation.self)
    let number = UInt8(truncatingIfNeeded: threaded.immediate >> 16)
    let operation = DecodedOperation(
      operation: Operation(rawValue: number) ?? .unknown, destination: threaded.destination,
      first: threaded.first, second: threaded.second, remaining: threaded.remaining,
      immediate: Int32(Int16(truncatingIfNeeded: threaded.immediate)))
    if execute(operation, left: UInt64(bitPattern: Int64(left))) { return true }
    setEnd(at: op, left)
    return false
  }

  /// Ends the run before an operation in the middle of a block.
  func setEnd(at op: UnsafeRawPointer, _ left: Int) {
    let remaining = UInt64(op.load(as: PortableOperation.self).remaining)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if UnsafeRawPointer(starts[middle]) <= op { low = middle } else { high = middle }
    }
    let header = (starts[low] - PortableOperation.stride).load(as: PortableOperation.self)
    bank[RegisterBank.end] = UInt64(header.target) &+ 4 &* (UInt64(header.remaining) &- remaining)
    bank[RegisterBank.left] = UInt64(bitPattern: Int64(left)) &+ remaining
    bank[RegisterBank.reason] = EngineExit.leave.rawValue
  }

  // MARK: Blocks

  private func block(at pc: UInt64) -> UnsafeMutableRawPointer? {
    if let block = blocks[pc] {
      table.insert(UInt(bitPattern: block), at: pc)
      return block
    }
    return prepare(pc)
  }

  @inline(never)
  private func prepare(_ pc: UInt64) -> UnsafeMutableRawPointer? {
    guard canKeepBlocks(at: pc), decoder.decode(at: pc, page: memory.page(pc >> 12)) else {
      return nil
    }
    if used > Self.arenaBytes {
      forget()
      guard canKeepBlocks(at: pc) else { return nil }
    }
    let block = decoder.block
    append(
      PortableOperation(target: UInt(pc), remaining: UInt8(truncatingIfNeeded: block.length)))
    let start = arena.start + used
    starts.append(start)
    blocks[pc] = start
    for operation in block.operations { append(threaded(operation)) }
    append(block.exit, remaining: 0)
    if let waited = waiting.removeValue(forKey: pc) {
      for link in waited.links { link.storeBytes(of: start, as: UnsafeMutableRawPointer.self) }
    }
    table.insert(UInt(bitPattern: start), at: pc)
    return start
  }

  private func append(_ operation: PortableOperation) {
    (arena.start + used).storeBytes(of: operation, as: PortableOperation.self)
    used += PortableOperation.stride
  }

  private func target(_ number: UInt8) -> UInt {
    usesSwitch
      ? UInt(number) : unsafeBitCast(HandlerTable.all[Int(number)], to: UInt.self)
  }

  private func threaded(_ operation: DecodedOperation) -> PortableOperation {
    let number = operation.operation.rawValue
    var immediate = operation.immediate
    if PortableOperation.packsOperation(operation.operation) {
      immediate = Int32(number) << 16 | immediate & 0xFFFF
    }
    return PortableOperation(
      target: target(number), destination: operation.destination, first: operation.first,
      second: operation.second, remaining: operation.remaining, immediate: immediate)
  }

  private func append(_ exit: BlockExit, remaining: UInt8) {
    switch exit {
    case .jump(let pc):
      append(PortableOperation(target: target(PortableExit.jump)))
      appendLinks([pc])
    case .branch(let branch):
      append(
        PortableOperation(
          target: target(PortableExit.conditions + branch.condition.rawValue),
          destination: branch.destination, first: branch.first, second: branch.second))
      appendLinks([branch.taken, branch.next])
    case .indirect(let register):
      append(PortableOperation(target: target(PortableExit.indirect), first: register))
    case .leave(let pc):
      append(PortableOperation(target: target(PortableExit.leave)))
      appendAddress(pc)
    }
  }

  private func appendAddress(_ pc: UInt64) {
    (arena.start + used).storeBytes(of: pc, as: UInt64.self)
    used += PortableOperation.stride
  }

  /// Adds a trailer that names blocks, and what stands in for those that are not decoded yet.
  private func appendLinks(_ targets: [UInt64]) {
    let trailer = arena.start + used
    used += PortableOperation.stride
    for (position, pc) in targets.enumerated() {
      let link = trailer + 8 * position
      let block: UnsafeMutableRawPointer
      if let known = blocks[pc] {
        block = known
      } else if let waited = waiting[pc] {
        block = waited.stub
        waiting[pc]?.links.append(link)
      } else {
        block = addStub(pc)
        waiting[pc] = (block, [link])
      }
      link.storeBytes(of: block, as: UnsafeMutableRawPointer.self)
    }
  }

  /// Adds a block of no steps that ends the run, so that its address is decoded.
  private func addStub(_ pc: UInt64) -> UnsafeMutableRawPointer {
    append(PortableOperation(target: UInt(pc)))
    let start = arena.start + used
    append(PortableOperation(target: target(PortableExit.unprepared)))
    appendAddress(pc)
    return start
  }
}

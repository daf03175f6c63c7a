/// The engine that runs on any processor. It writes blocks of compact operations. They are executed by handlers that
/// jump to one another (``Handler``), or by a switch (``SwitchLoop``) if this build's handlers return.
///
/// Safety: only this class writes the arena, between runs, in steps of an operation and inside its
/// bounds; blocks stay where they are until all are discarded, and no pointer to one is held then.
final class PortableEngine: EngineCore, BlockEngine {
  /// Bytes that blocks may take; when they are used up, all blocks are discarded.
  static let arenaBytes = 32 << 20

  /// Whether blocks are executed by ``SwitchLoop``.
  let usesSwitch: Bool

  private let handlers: [HandlerFunction]
  private let checkedHandlers: [HandlerFunction]
  /// Nil if each operation keeps the handler that it has alone.
  private let fusions: FusionTable?
  private let arena: HostMapping
  private(set) var used = 0
  /// The places of blocks, ascending.
  private var starts: [Int] = []
  /// The numbers of the operations of the block that is being written.
  private var numbers: [UInt8] = []

  /// Nil if the host has no memory.
  ///
  /// - Parameters:
  ///   - forcesSwitch: has blocks executed by a switch in any case.
  ///   - handlers: those of the operations and exits, by number. If one of them doesn't pass the
  ///     ``TailCallCheck``, a switch executes the blocks.
  init?(
    _ machine: Machine, stopRange: Range<UInt64>?, forcesSwitch: Bool = false,
    handlers: [HandlerFunction]? = nil
  ) {
    guard let arena = HostMapping(count: Self.arenaBytes + 16 * Self.mostBytes) else { return nil }
    let passes =
      handlers.map { TailCallCheck.failures(of: $0).isEmpty } ?? TailCallCheck.standardPasses
    usesSwitch = forcesSwitch || !passes
    self.arena = arena
    self.handlers = handlers ?? HandlerTable.all
    checkedHandlers = handlers ?? HandlerTable.checked
    fusions = usesSwitch || handlers != nil ? nil : .standard
    super.init(
      machine, stopRange: stopRange, codeStart: UInt(bitPattern: arena.start),
      missing: Self.missing)
    discardCode()
  }

  /// The place of the code of address 0 as long as there is no block.
  private static let missing = PortableOperation.stride

  /// Bytes of the longest block, with the stubs of the two that it goes to.
  private static let mostBytes = (Block.longest + 16) * PortableOperation.stride

  var kind: EngineKind { .portable }

  var mostAhead: Int { 0 }

  var isFull: Bool { used > Self.arenaBytes || cache.isFull }

  func enter(_ place: Int, _ form: BlockForm, budget: UInt64) {
    let block = arena.start + place
    if usesSwitch {
      runSwitch(block, Int(budget))
    } else {
      Handler.enter(
        block, UnsafeMutableRawPointer(bank.values), memory.space.base,
        UnsafeMutableRawPointer(memory.space.flags), Int(budget))
    }
  }

  @inline(never)
  private func runSwitch(_ block: UnsafeMutableRawPointer, _ budget: Int) {
    switch memory.wordSize {
    case .bits32: SwitchLoop<UInt32>(self).run(block, budget)
    case .bits64: SwitchLoop<UInt64>(self).run(block, budget)
    }
  }

  func discardCode() {
    used = 0
    starts.removeAll(keepingCapacity: true)
    _ = appendStub(0)
  }

  // MARK: Calls back

  /// Executes an operation for its handler; if it can't be, sets where the run ends.
  func executeRare(_ op: UnsafeRawPointer, _ budget: Int) -> Bool {
    let packed = op.load(as: PortableOperation.self)
    let operation = DecodedOperation(
      operation: Operation(rawValue: packed.packedNumber) ?? .unknown,
      destination: packed.destination, first: packed.first, second: packed.second,
      remaining: packed.remaining, immediate: Int32(packed.packedImmediate))
    if execute(operation, budget: UInt64(bitPattern: Int64(budget))) { return true }
    endRun(before: op, budget)
    return false
  }

  /// Ends the run before an operation in the middle of a block.
  func endRun(before op: UnsafeRawPointer, _ budget: Int) {
    let remaining = UInt64(op.load(as: PortableOperation.self).remaining)
    let place = op - UnsafeRawPointer(arena.start)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= place { low = middle } else { high = middle }
    }
    let header = (arena.start + starts[low] - PortableOperation.stride)
      .load(as: PortableOperation.self)
    bank[RegisterBank.end] = UInt64(header.target) &+ 4 &* (UInt64(header.remaining) &- remaining)
    bank[RegisterBank.budget] = UInt64(bitPattern: Int64(budget)) &+ remaining
    bank[RegisterBank.reason] = EngineExit.leave.rawValue
  }

  // MARK: Writing blocks

  func write(_ block: Block, _ form: BlockForm) -> Int {
    // The header and the first operation in one line of the host's cache.
    used = (used + 2 * PortableOperation.stride - 1) & ~(2 * PortableOperation.stride - 1)
    append(
      PortableOperation(
        target: UInt(block.pc), remaining: UInt8(truncatingIfNeeded: block.length)))
    let place = used
    starts.append(place)
    cache.insert(place, at: block.pc, form) { setLink($0, to: place) }
    numbers.removeAll(keepingCapacity: true)
    for index in block.operations.indices {
      let operation = block.operations[index]
      numbers.append(operation.operation.rawValue)
      append(portable(operation))
    }
    append(block.exit)
    // Loads that check their addresses are only alone.
    if let fusions, !checksLoads {
      fusions.fuse(
        (arena.start + place).assumingMemoryBound(to: PortableOperation.self), numbers)
    }
    return place
  }

  private func append(_ operation: PortableOperation) {
    (arena.start + used).storeBytes(of: operation, as: PortableOperation.self)
    used += PortableOperation.stride
  }

  private func target(_ number: UInt8) -> UInt {
    if usesSwitch { return UInt(number) }
    let handlers = checksLoads ? checkedHandlers : handlers
    return unsafeBitCast(handlers[Int(number)], to: UInt.self)
  }

  private func portable(_ operation: DecodedOperation) -> PortableOperation {
    let number = operation.operation.rawValue
    var immediate = operation.immediate
    if PortableOperation.packsOperation(operation.operation) {
      immediate = Int32(number) << 16 | immediate & 0xFFFF
    }
    return PortableOperation(
      target: target(number), destination: operation.destination, first: operation.first,
      second: operation.second, remaining: operation.remaining, immediate: immediate)
  }

  private func append(_ exit: BlockExit) {
    switch exit {
    case .jump(let pc):
      append(exit: PortableExit.jump)
      appendLinks([pc])
    case .branch(let branch):
      append(
        exit: PortableExit.conditions + branch.condition.rawValue,
        destination: branch.destination, first: branch.first, second: branch.second)
      appendLinks([branch.taken, branch.next])
    case .indirect(let register):
      append(exit: PortableExit.indirect, first: register)
      appendCache()
    case .leave(let pc), .systemCall(let pc):
      append(exit: PortableExit.leave)
      appendAddress(pc)
    }
  }

  private func append(
    exit number: UInt8, destination: UInt8 = 0, first: UInt8 = 0, second: UInt8 = 0
  ) {
    numbers.append(number)
    append(
      PortableOperation(
        target: target(number), destination: destination, first: first, second: second))
  }

  private func appendAddress(_ pc: UInt64) {
    (arena.start + used).storeBytes(of: pc, as: UInt64.self)
    used += PortableOperation.stride
  }

  /// Adds the trailer of an indirect exit that went nowhere yet.
  private func appendCache() {
    (arena.start + used).storeBytes(
      of: (0, arena.start + Self.missing), as: (UInt64, UnsafeMutableRawPointer).self)
    used += PortableOperation.stride
  }

  private func setLink(_ link: Int, to place: Int) {
    (arena.start + link).storeBytes(of: arena.start + place, as: UnsafeMutableRawPointer.self)
  }

  /// Adds a trailer that names blocks, or stubs of those that are not decoded yet.
  private func appendLinks(_ targets: [UInt64]) {
    let trailer = used
    used += PortableOperation.stride
    for (position, pc) in targets.enumerated() {
      let link = trailer + MemoryLayout<UnsafeRawPointer>.stride * position
      switch cache.target(pc, of: link) {
      case .block(let place): setLink(link, to: place)
      case .missing(let other?):
        // One stub serves all links.
        (arena.start + link).copyMemory(
          from: arena.start + other, byteCount: MemoryLayout<UnsafeRawPointer>.size)
      case .missing(nil): setLink(link, to: appendStub(pc))
      }
    }
  }

  func forget(_ block: BlockCache.ForgottenBlock) {
    let first = cache.detour(of: block)
    if first != block.place { _ = writeDetour(at: block.place, block.pc, to: first) }
    let link = writeDetour(at: first, block.pc, to: appendStub(block.pc))
    cache.wait(link, for: block.pc)
  }

  /// Turns a block into one of no steps, whose first operation goes to another block.
  ///
  /// - Returns: the link to that.
  private func writeDetour(at place: Int, _ pc: UInt64, to target: Int) -> Int {
    (arena.start + place - PortableOperation.stride)
      .storeBytes(of: PortableOperation(target: UInt(pc)), as: PortableOperation.self)
    (arena.start + place)
      .storeBytes(
        of: PortableOperation(target: self.target(PortableExit.detour)), as: PortableOperation.self)
    let link = place + PortableOperation.detourLink
    setLink(link, to: target)
    return link
  }

  /// Adds a block of no steps that ends the run, so that its address is decoded.
  private func appendStub(_ pc: UInt64) -> Int {
    append(PortableOperation(target: UInt(pc)))
    let place = used
    append(PortableOperation(target: target(PortableExit.unprepared)))
    appendAddress(pc)
    return place
  }
}

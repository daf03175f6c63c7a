/// Checks that handlers jump to one another, which the portable engine needs: a handler that calls the
/// next one would use stack with every operation of a run.
///
/// Each handler runs between two probes, which record how deep the stack is. If the handler ends with a
/// jump, both see the same depth. It runs with several operands, so that it ends in every way it can.
///
/// Safety: the operations, memory and bank of a check belong to it. Handlers access memory at address 0
/// only, since the bank's `outside` entries have every bit, and the bank names no engine. An indirect exit jumps to
/// address 0, since no handler of several operations has it jump to a result.
struct TailCallCheck {
  /// Whether the handlers of this build pass.
  static let standardPasses =
    failures(of: HandlerTable.all).isEmpty && failures(of: HandlerTable.checked).isEmpty
    && failures(of: FusionTable.standard.fusions).isEmpty

  /// The numbers of handlers that don't jump, of those that go on to another.
  static func failures(of handlers: [HandlerFunction]) -> [UInt8] {
    let check = TailCallCheck()
    defer { check.deallocate() }
    let numbers = Operation.allCases.map(\.rawValue) + exits
    return numbers.filter { number in
      let handler = handlers[Int(number)]
      return !check.passes(handlers, handler, [number])
    }
  }

  /// The fusions whose handlers don't jump.
  static func failures(of fusions: [Fusion]) -> [Fusion] {
    let check = TailCallCheck()
    defer { check.deallocate() }
    return fusions.filter { !check.passes(HandlerTable.all, $0.handler, $0.numbers) }
  }

  /// The exits that go on to another block.
  private static let exits =
    [PortableExit.jump, PortableExit.detour, PortableExit.indirect]
    + BranchExit.Condition.allCases.map { PortableExit.conditions + $0.rawValue }

  /// Entries of the bank, behind those that engines use.
  private static let firstDepth: UInt8 = 253
  private static let lastDepth: UInt8 = 254
  private static let probes: UInt8 = 255

  private static let operationCount = 10
  private let operations: UnsafeMutablePointer<PortableOperation>
  private let bank = RegisterBank()
  /// An entry of a ``JumpTable``, a word of memory, and its page's flags.
  private let words: UnsafeMutablePointer<UInt64>

  private init() {
    operations = .allocate(capacity: Self.operationCount)
    operations.initialize(repeating: PortableOperation(target: 0), count: Self.operationCount)
    words = .allocate(capacity: 4)
    words.initialize(repeating: 0, count: 4)
  }

  private func deallocate() {
    operations.deallocate()
    words.deallocate()
    bank.deallocate()
  }

  // MARK: Probes

  private static let probe: HandlerFunction = { op, bank, base, flags, budget in
    recordDepth(bank)
    Handler.next(op, bank, base, flags, budget)
  }

  /// Out of line, so that no address of the probe's own frame is taken: that would forbid its jump.
  @inline(never)
  private static func recordDepth(_ bank: UnsafeMutableRawPointer) {
    var local: UInt8 = 0
    let depth = withUnsafeMutablePointer(to: &local) { UInt64(UInt(bitPattern: $0)) }
    let bank = bank.assumingMemoryBound(to: UInt64.self)
    if bank[Int(probes)] == 0 { bank[Int(firstDepth)] = depth }
    bank[Int(lastDepth)] = depth
    bank[Int(probes)] += 1
  }

  // MARK: Checking one handler

  private func passes(
    _ handlers: [HandlerFunction], _ handler: HandlerFunction, _ numbers: [UInt8]
  ) -> Bool {
    let last = numbers[numbers.count - 1]
    write(handlers, handler, numbers, isExit: Self.exits.contains(last))
    // The jump table has one entry, for address 0.
    let operands: [(UInt64, UInt64)] =
      last == PortableExit.indirect ? [(0, 0)] : [(0, 0), (1, 1), (.max, 0), (0, 1)]
    let flags = [PageFlags.directlyWritable, .writableBesideWatches, []]
    return operands.allSatisfy { operand in flags.allSatisfy { runs(operand, $0) } }
  }

  /// Writes a block: a probe, the operations, a probe, the end.
  private func write(
    _ handlers: [HandlerFunction], _ handler: HandlerFunction, _ numbers: [UInt8], isExit: Bool
  ) {
    func operation(_ handler: HandlerFunction) -> PortableOperation {
      PortableOperation(
        target: unsafeBitCast(handler, to: UInt.self), destination: 3, first: 1, second: 2)
    }
    // A header of no steps comes first.
    operations[1] = operation(Self.probe)
    var place = 2
    for number in numbers {
      operations[place] = operation(place == 2 ? handler : handlers[Int(number)])
      place += 1
    }
    if isExit {
      // The trailer's two links, and another header.
      let next = UnsafeRawPointer(operations + place + 2)
      UnsafeMutableRawPointer(operations + place).storeBytes(
        of: (next, next), as: (UnsafeRawPointer, UnsafeRawPointer).self)
      if numbers.last == PortableExit.detour {
        UnsafeMutableRawPointer(operations + place - 1).storeBytes(
          of: next, toByteOffset: PortableOperation.detourLink, as: UnsafeRawPointer.self)
      }
      operations[place + 1] = PortableOperation(target: 0)
      place += 2
      words[0] = 0
      words[1] = UInt64(UInt(bitPattern: next))
    }
    operations[place] = operation(Self.probe)
    operations[place + 1] = operation(handlers[Int(PortableExit.leave)])
    operations[place + 2] = PortableOperation(target: 0)
  }

  /// Runs the block with two operands, and compares what the probes saw.
  private func runs(_ operands: (UInt64, UInt64), _ flags: PageFlags) -> Bool {
    bank[1] = operands.0
    bank[2] = operands.1
    words[2] = 0
    for entry in [
      RegisterBank.outside1, RegisterBank.outside2, RegisterBank.outside4, RegisterBank.outside8,
    ] {
      bank[entry] = .max
    }
    bank[RegisterBank.owner] = 0
    bank[RegisterBank.watchTable] = UInt64(UInt(bitPattern: words))
    bank[RegisterBank.jumpTable] = UInt64(UInt(bitPattern: words))
    bank[Self.probes] = 0
    words[3] = UInt64(flags.rawValue).littleEndian
    Handler.enter(
      UnsafeRawPointer(operations + 1), UnsafeMutableRawPointer(bank.values),
      UnsafeMutableRawPointer(words + 2), UnsafeMutableRawPointer(words + 3), 0)
    return bank[Self.probes] == 2 && bank[Self.firstDepth] == bank[Self.lastDepth]
  }
}

/// What is known of a block's accesses to memory before it is executed. Some go to a constant address. Others lie so
/// close to one another that one check serves them all.
///
/// Accesses are *neighbours* if their addresses differ by constants, as those of an object do. One check, before the
/// first of them, makes sure that an engine's fast path can do all of them. Their addresses must be flat, or in a
/// margin of ``GuestSpace``, and multiples of their sizes. The pages that are stored to must be directly writable. If
/// the check fails, the engine goes on with the form of the block in which each access checks itself. Accesses to the
/// stack frame are the ``FramePlan``'s.
///
/// Nothing between the check and the last of the accesses makes a page less writable. Only `ll`, which guards its page,
/// and `sc`, which may guard page 0, would. So accesses behind one of these have other neighbours than those before it.
struct AccessPlan {
  /// By operation: as many as the block has.
  let operations = Scratch(repeating: Planned(), count: Block.mostOperations)
  let neighbours = Scratch(
    repeating: Neighbours(
      register: 0, distance: 0, alignment: 1, low: 0, high: 0, first: 0, value: 0),
    count: Block.mostOperations)
  private(set) var neighbourCount = 0

  /// Neighbours take less than a page.
  private static let longest: Int32 = 4096
  /// Registers that addresses are followed through, and the copies that branches get.
  private static let registers = Int(RegisterBank.secondCopy) + 1
  /// Instructions of an access's own check, and of one check for several.
  private static let loadCost = 3
  private static let storeCost = 7
  private static let unalignedStoreCost = 10
  private static let nearLoadCost = 4
  private static let sharedLoadCost = 6
  private static let sharedStoreCost = 10

  /// What a register holds: a constant more than a value that has a number.
  private struct Value {
    var number: Int
    var distance: Int32 = 0
    /// The value itself, if it is known.
    var known: UInt64?
  }
  private let values = Scratch(repeating: Value(number: 0), count: registers)
  /// How many values have numbers.
  private var valueCount = registers
  /// The registers, a bit each, that hold something else than when the block began.
  private var changed: UInt64 = 0
  /// The neighbours before this place get no other accesses.
  private var firstOpen = 0
  private let isWide: Bool
  /// See ``GuestSpace``.
  private let margin: Int32
  private(set) var frame: FramePlan
  /// Whether accesses to the stack frame are the ``FramePlan``'s in this block. If not, they are neighbours, too.
  private var hasFrame = false

  init(_ wordSize: WordSize, margin: UInt64) {
    self.margin = Int32(margin)
    isWide = wordSize == .bits64
    frame = FramePlan(isWide: isWide)
    for register in 0..<Self.registers { values[register] = Self.firstValue(register) }
  }

  /// Plans a block.
  ///
  /// - Parameters:
  ///   - hasFrame: whether the stack pointer is a frame's when the block is entered, see ``FramePlan``.
  ///   - foresight: says of which accesses a check would fail.
  mutating func make(
    for block: Block, hasFrame: Bool = true, foresight: WindowForesight? = nil
  ) {
    clear(block)
    self.hasFrame = hasFrame
    var index = 0
    while index < block.operations.count {
      if block.operations[index].accessesPart,
        let unaligned = UnalignedValues(block.operations, at: index)
      {
        add(unaligned, block.operations)
        index += unaligned.count
      } else {
        add(block.operations[index], at: index)
        index += 1
      }
    }
    if hasFrame {
      let end = values[Int(FramePlan.stackPointer)]
      frame.finish(end: isOfFrame(end) ? end.distance : nil) { operations[$0].access = .framed }
    }
    guard neighbourCount > 0 else { return }
    for place in 0..<neighbourCount where isWorthwhile(neighbours[place]) {
      let (register, first) = (neighbours[place].register, neighbours[place].first)
      if let foresight, foresight.points(register, before: first) { continue }
      operations[first].check = place
    }
    for index in block.operations.indices {
      guard case .covered(let place) = operations[index].access,
        operations[neighbours[place].first].check == nil
      else { continue }
      operations[index].access = .own
    }
  }

  /// Has each access of a block check itself.
  mutating func clear(_ block: Block) {
    frame.clear()
    for index in block.operations.indices { operations[index] = Planned() }
    neighbourCount = 0
    firstOpen = 0
    valueCount = Self.registers
    // Most blocks change few registers.
    while changed != 0 {
      let register = changed.trailingZeroBitCount
      values[register] = Self.firstValue(register)
      changed &= changed - 1
    }
  }

  /// What a register holds when a block begins.
  private static func firstValue(_ register: Int) -> Value {
    Value(number: register, known: register == 0 ? 0 : nil)
  }

  private func isWorthwhile(_ group: Neighbours) -> Bool {
    guard group.stored == nil else { return group.cost > Self.sharedStoreCost }
    return group.cost > (group.isNear(margin: margin) ? Self.nearLoadCost : Self.sharedLoadCost)
  }

  private mutating func add(_ operation: DecodedOperation, at index: Int) {
    if hasFrame, operation.destination == FramePlan.stackPointer { frame.noteChange(at: index) }
    switch operation.operation.kind {
    case .load(let access):
      note(operation, access, isStore: false, at: index)
      forget(operation.destination)
    case .store(let access): note(operation, access, isStore: true, at: index)
    case .loadLinked, .storeConditional:
      forget(operation.destination)
      firstOpen = neighbourCount
    case .register, .immediate, .fromHiLo, .toHiLo: compute(operation, at: index)
    case .none, .trap, .systemCall, .jump, .jumpRegister, .branch: break
    }
  }

  private mutating func add(_ unaligned: UnalignedValues, _ operations: OperationList) {
    note(unaligned)
    for index in unaligned.indices {
      let operation = operations[index]
      switch operation.operation.kind {
      case .load:
        if hasFrame, operation.destination == FramePlan.stackPointer {
          frame.noteChange(at: unaligned.start)
        }
        forget(operation.destination)
      case .store: break
      // What is computed in between.
      default: add(operation, at: index)
      }
    }
  }

  /// A register holds a value that nothing is known of.
  private mutating func forget(_ register: UInt8) {
    let register = Int(register)
    guard register < Self.registers else { return }
    values[register] = Value(number: valueCount)
    changed |= 1 << UInt64(register)
    valueCount += 1
  }

  private mutating func compute(_ operation: DecodedOperation, at index: Int) {
    let destination = Int(operation.destination)
    if let constant = constant(operation) {
      operations[index].constant = constant
      forget(operation.destination)
      if destination < Self.registers { values[destination].known = constant }
      return
    }
    guard let (source, distance) = sum(operation) else { return forget(operation.destination) }
    let value = values[source]
    let (total, overflows) = value.distance.addingReportingOverflow(distance)
    forget(operation.destination)
    if !overflows, destination < Self.registers {
      values[destination] = Value(number: value.number, distance: total)
    }
  }

  /// The register that an operation adds a constant to.
  private func sum(_ operation: DecodedOperation) -> (source: Int, distance: Int32)? {
    let (first, second) = (Int(operation.first), Int(operation.second))
    switch operation.operation {
    // In 32 bits a sum may wrap around, and registers hold it sign-extended. Of the stack pointer, the frame's check
    // makes sure that it does not.
    case .daddi where isWide: return (first, operation.immediate)
    case .addi
    where !isWide && operation.first == FramePlan.stackPointer
      && operation.destination == FramePlan.stackPointer && isOfFrame(values[first]):
      return (first, operation.immediate)
    case .or where second == 0, .dadd where second == 0: return (first, 0)
    case .or where first == 0, .dadd where first == 0: return (second, 0)
    default: return nil
    }
  }

  /// The result of an operation on constants.
  private func constant(_ operation: DecodedOperation) -> UInt64? {
    let immediate = UInt64(bitPattern: Int64(operation.immediate))
    if operation.operation == .lui { return immediate }
    guard let first = values[Int(operation.first)].known else { return nil }
    switch operation.operation {
    case .ori: return first | immediate
    case .daddi where isWide: return first &+ immediate
    case .addi: return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: first &+ immediate)))
    default: return nil
    }
  }

  /// Whether a value is a constant more than the stack pointer is when the block begins.
  private func isOfFrame(_ value: Value) -> Bool {
    hasFrame && value.number == Int(FramePlan.stackPointer)
  }

  // MARK: Accesses

  private mutating func note(
    _ operation: DecodedOperation, _ access: AccessKind, isStore: Bool, at index: Int
  ) {
    guard !access.isPartial else { return }
    if let base = values[Int(operation.first)].known {
      operations[index].access = .constant(base &+ UInt64(bitPattern: Int64(operation.immediate)))
      return
    }
    let value = values[Int(operation.first)]
    let (offset, isTooFar) = value.distance.addingReportingOverflow(operation.immediate)
    guard !isTooFar, abs(Int64(offset)) < 1 << 30 else { return }
    let size = Int32(access.size)
    if isOfFrame(value) {
      guard offset & (size - 1) == 0 else { return }
      return frame.note(
        at: index, offset, size, isStore: isStore,
        cost: isStore ? Self.storeCost : Self.loadCost)
    }
    let place = neighbours(of: value, operation.first, offset, size, at: index)
    let cost = isStore ? Self.storeCost : Self.loadCost
    guard extend(place, with: offset, size, isStore, cost) else { return }
    operations[index].access = .covered(place)
  }

  /// Unaligned values are to their neighbours what their first and their last byte are.
  private mutating func note(_ unaligned: UnalignedValues) {
    let (value, index, isStore) = (
      values[Int(unaligned.base)], unaligned.start, unaligned.isStore
    )
    let (low, isTooFar) = value.distance.addingReportingOverflow(unaligned.low)
    guard !isTooFar, abs(Int64(low)) < 1 << 30, value.known == nil else { return }
    let high = low + unaligned.high - unaligned.low
    let cost = isStore ? Self.unalignedStoreCost : Self.loadCost
    if isOfFrame(value) {
      return frame.note(at: index, low, high - low + 1, isStore: isStore, cost: cost)
    }
    let place = neighbours(of: value, unaligned.base, low, 1, at: index)
    guard extend(place, with: low, 1, isStore, 0), extend(place, with: high, 1, isStore, cost)
    else { return }
    operations[index].access = .covered(place)
  }

  /// The place of the neighbours whose offsets are counted from a value. If there are none, they are added.
  private mutating func neighbours(
    of value: Value, _ register: UInt8, _ offset: Int32, _ size: Int32, at index: Int
  ) -> Int {
    if let known = neighbours(of: value.number) { return known }
    neighbours[neighbourCount] = Neighbours(
      register: register, distance: value.distance, alignment: size, low: offset,
      high: offset + size - 1, first: index, value: value.number)
    neighbourCount += 1
    return neighbourCount - 1
  }

  /// The place of the neighbours whose offsets are counted from a value, if there are any.
  private func neighbours(of value: Int) -> Int? {
    var place = neighbourCount
    while place > firstOpen {
      place -= 1
      if neighbours[place].value == value { return place }
    }
    return nil
  }

  /// Adds an access to its neighbours, if their check can cover it.
  private mutating func extend(
    _ place: Int, with offset: Int32, _ size: Int32, _ isStore: Bool, _ cost: Int
  ) -> Bool {
    var group = neighbours[place]
    // All are multiples of the smaller of two sizes apart.
    guard (offset - group.low) & (min(size, group.alignment) - 1) == 0 else { return false }
    if size > group.alignment {
      group.alignment = size
      // The lowest place that is a multiple if the new one is.
      group.low -= (group.low - offset) & (size - 1)
    }
    let low = offset - (offset - group.low) & (group.alignment - 1)
    group.low = min(group.low, low)
    group.high = max(group.high, offset + size - 1)
    guard group.high - group.low < Self.longest else { return false }
    if isStore {
      let last = offset + size - 1
      let stored = group.stored ?? offset...last
      group.stored = min(stored.lowerBound, offset)...max(stored.upperBound, last)
    }
    group.cost += cost
    neighbours[place] = group
    return true
  }
}

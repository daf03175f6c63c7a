/// Operations in a row that load whole values, or store some, at any addresses. They access each value by its two
/// parts, as `ldl` and `ldr` do.
///
/// The parts may come in any order. Between those of one value may be those of others and computations, as compilers
/// schedule them. All addresses are counted from one register. The outcome is the same if each left part accesses its
/// value as a whole, in the same order, and each right part accesses nothing. So an engine may do that, if nothing has
/// to happen between two of the operations.
struct UnalignedValues {
  /// The first operation, and how many there are.
  let start: Int
  private(set) var count = 0
  /// The register that addresses are counted from, and the offsets of the first byte and of the last one from there.
  let base: UInt8
  private(set) var low: Int32
  private(set) var high: Int32
  let isStore: Bool

  var indices: Range<Int> { start..<start + count }

  /// The most operations: twice the registers that a loop of a copy fills.
  private static let most = 16
  /// All lies in two pages.
  private static let longest: Int32 = 4096

  /// The operations of a block from an index on; nil if they do not begin with whole values.
  init?(_ operations: OperationList, at start: Int) {
    guard operations[start].accessesPart, let first = operations[start].part else { return nil }
    self.start = start
    base = operations[start].first
    isStore = first.isStore
    (low, high) = (Int32.max, Int32.min)
    var (lowest, highest) = (low, high)
    // The operations, a bit each, whose other part has yet to come.
    var open: UInt32 = 0
    for index in start..<min(operations.count, start + Self.most) {
      guard let part = operations[index].part else {
        if open != 0, fits(operations[index], operations, open) { continue }
        break
      }
      guard let other = other(operations[index], part, operations, index) else { break }
      open ^= 1 << UInt32(other - start)
      lowest = min(lowest, part.bytes.lowerBound)
      highest = max(highest, part.bytes.upperBound)
      guard highest - lowest < Self.longest else { break }
      if open == 0 { (low, high, count) = (lowest, highest, index + 1 - start) }
    }
    guard count > 0 else { return nil }
  }

  /// The operation before this one that accesses the other part of its value; if there is none yet, this one. Nil if
  /// the value and those before are in each other's way.
  private func other(
    _ operation: DecodedOperation, _ part: Part, _ operations: OperationList, _ index: Int
  ) -> Int? {
    guard part.isStore == isStore, operation.first == base,
      isStore || operation.destination != base && operation.destination == operation.second
    else { return nil }
    var other = index
    for place in start..<index {
      guard let before = operations[place].part else { continue }
      let isSameRegister = operations[place].second == operation.second
      if isSameRegister, before.bytes == part.bytes, before.isLeft != part.isLeft, other == index {
        other = place
      } else if isStore ? before.bytes.overlaps(part.bytes) : isSameRegister {
        return nil
      }
    }
    return other
  }

  /// Whether an operation between parts is a computation that leaves alone what they need, and doesn't look at what they
  /// load.
  private func fits(
    _ operation: DecodedOperation, _ operations: OperationList, _ open: UInt32
  ) -> Bool {
    switch operation.operation.kind {
    case .register, .immediate: break
    case .none, .trap, .systemCall, .fromHiLo, .toHiLo, .load, .store, .loadLinked,
      .storeConditional, .jump, .jumpRegister, .branch:
      return false
    }
    guard !operation.writes(base), !operation.writes(FramePlan.stackPointer) else { return false }
    var rest = open
    while rest != 0 {
      let register = operations[start + rest.trailingZeroBitCount].second
      if isStore ? operation.writes(register) : operation.touches(register) { return false }
      rest &= rest - 1
    }
    return true
  }

  /// One of the two parts of a value.
  fileprivate struct Part {
    let isStore: Bool
    let isLeft: Bool
    /// The bytes of the value, from the base on.
    let bytes: ClosedRange<Int32>
  }
}

extension DecodedOperation {
  /// The part of an unaligned value that it accesses, if it does that.
  fileprivate var part: UnalignedValues.Part? {
    switch operation.kind {
    case .load(let access): part(access, isStore: false)
    case .store(let access): part(access, isStore: true)
    case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .loadLinked,
      .storeConditional, .jump, .jumpRegister, .branch:
      nil
    }
  }

  /// Whether it accesses part of an unaligned value. All operations are asked, so this does not look up their row.
  @inline(__always) var accessesPart: Bool {
    switch operation {
    case .lwl, .lwr, .ldl, .ldr, .swl, .swr, .sdl, .sdr: true
    // A test compares this with the table.
    default: false
    }
  }

  private func part(_ access: AccessKind, isStore: Bool) -> UnalignedValues.Part? {
    guard access.isPartial else { return nil }
    let (isLeft, last) = (access.isLeftPart, Int32(access.size) - 1)
    let low = isLeft ? immediate : immediate - last
    return UnalignedValues.Part(isStore: isStore, isLeft: isLeft, bytes: low...low + last)
  }
}

extension AccessKind {
  /// Whether it is of part of an unaligned value.
  var isPartial: Bool {
    switch self {
    case .wordLeft, .wordRight, .doubleLeft, .doubleRight: true
    case .byte, .half, .word, .double, .byteUnsigned, .halfUnsigned, .wordUnsigned: false
    }
  }

  /// Whether it is of the part of an unaligned value from its first byte on.
  var isLeftPart: Bool { self == .wordLeft || self == .doubleLeft }
}

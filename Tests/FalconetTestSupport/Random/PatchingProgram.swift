import FalconetMachine

/// Programs of several pages of functions that call each other and overwrite each other's code, while most of it stays
/// what it is.
///
/// What is overwritten are *slots*: instructions that others can take the place of, the entries of functions among them.
/// Stores of all sizes do it, `sc`, and system calls that write to memory. Pages of code have words of data, too. A page
/// ends in the middle of a function, and one is far from the others.
package struct PatchingProgram {
  var random: SeededGenerator
  let version: StateVersion
  let isWide: Bool
  /// The function that is being made, and its address.
  var words: [UInt32] = []
  var start: UInt64 = 0
  /// Whether it calls others.
  var calls = false
  /// Functions that call none, and those that call them.
  let leaves: [UInt64]
  let callers: [UInt64]
  let far: UInt64
  private let main: UInt64 = 0x1000

  /// Slots of an instruction without branches, and of a call with its delay slot behind it.
  var slots: [UInt64] = []
  var callSlots: [UInt64] = []
  /// Stores into slots, whose addresses are known when all functions are made: where the store is, and whether it is
  /// into a slot of a call.
  var patches: [(address: UInt64, opcode: UInt32, isCall: Bool)] = []

  static let stack: UInt32 = 29
  static let link: UInt32 = 31
  static let values: [UInt32] = [1, 2, 3, 7, 8, 9, 10, 11, 12]
  /// Where in the tables of instructions the next one is, the instruction, and its place.
  static let counter: UInt32 = 13
  static let instruction: UInt32 = 14
  static let place: UInt32 = 15
  /// Data: of one part of memory, and in turns of two.
  static let data: UInt32 = 16
  static let turning: UInt32 = 17
  static let difference: UInt32 = 18
  static let tables: UInt32 = 19
  static let pointers: [UInt32] = [20, 21, 22]
  static let farPointer: UInt32 = 23

  /// Where the tables are: of instructions for slots, and behind them for those of calls.
  private static let table: UInt64 = 0x5_0000
  static let tableBytes = 128
  /// Bytes at the end of each page for words of data.
  static let dataOffset: UInt64 = 0xF80

  /// A random program, the same for the same version and seed.
  package static func image(_ version: StateVersion, seed: UInt64) -> MachineImage {
    var program = PatchingProgram(version, seed: seed)
    return program.image()
  }

  private init(_ version: StateVersion, seed: UInt64) {
    random = SeededGenerator(version, seed: seed, salt: 0x9A7C)
    self.version = version
    isWide = version.wordSize == .bits64
    let farPages: [UInt64] =
      isWide
      ? [0x7000, 0x8000_0000, 1 << 33, 0x7FFF_FFFF_E000, 1 << 46, 1 << 44]
      : [0x7000, 0x8000_0000, 0x7FFF_E000, 0xFFFF_E000]
    far = random.pick(farPages)
    // The third page is the one behind the second.
    let across = 0x2FD8 + 4 * UInt64(random.below(9))
    leaves = [0x2000, 0x2200, across, 0x3100, 0x3300, 0x4000, far, far + 0x200]
    callers = [0x1800, 0x2400, 0x2600, 0x3500, 0x4200, 0x4400]
  }

  private mutating func image() -> MachineImage {
    var image = MachineImage(version, at: main)
    for register in Self.values { image[register: Int(register)] = UInt64(random.below(1 << 20)) }
    let flat: UInt64 = 0x6_0000 + UInt64(random.below(4)) * 0x7F8
    let other: UInt64 =
      isWide
      ? random.pick([1 << 46, 0x7FFF_FF00_0000, 1 << 44]) : random.pick([0x8000_0000, 0x100])
    image[register: 16] = flat
    image[register: 17] = flat
    image[register: 18] = flat ^ other
    image[register: 19] = Self.table
    for register in [20, 21] { image[register: register] = random.pick(leaves) }
    image[register: 22] = random.pick(callers)
    image[register: 23] = far
    // Some stacks are not where frames are.
    let stacks: [UInt64] =
      isWide ? [0x7FFF_FFFF_0000, 0x9_0000, 1 << 46] : [0x7FFF_D000, 0x9_0000, 0xFFFF_C000]
    image[register: 29] = random.pick(stacks)
    for page in [flat, other, image[register: 29]] { image.write([1], at: page) }
    image.state.scalars.preimageKey[0] = 1
    for index in 1..<31 { image.state.scalars.preimageKey[index] = UInt8(random.below(256)) }
    image.state.scalars.preimageKey[31] = UInt8(random.below(0xF8))

    var code: [(address: UInt64, words: [UInt32])] = []
    for address in leaves { code.append((address, function(at: address, calls: false))) }
    for address in callers { code.append((address, function(at: address, calls: true))) }
    code.append((main, mainLoop()))
    for part in code { image.write(words: part.words, at: part.address) }
    for patch in patches {
      let places = patch.isCall ? callSlots : slots
      guard !places.isEmpty else { continue }
      let slot = random.pick(places)
      image.write(words: [store(patch.opcode, to: slot)], at: patch.address)
    }
    image.write(words: instructions(), at: Self.table)
    return image
  }

  // MARK: Code

  private mutating func begin(at address: UInt64, calls: Bool) {
    (words, start, self.calls) = ([], address, calls)
  }

  var here: UInt64 { start + UInt64(4 * words.count) }

  private mutating func mainLoop() -> [UInt32] {
    begin(at: main, calls: true)
    for _ in 0..<(4 + random.below(10)) {
      switch random.below(12) {
      case 0...6: call(leaves + callers)
      case 7, 8: patch()
      // The other part of memory.
      case 9:
        words.append(
          Assembly.special(0x26, rs: Self.turning, rt: Self.difference, rd: Self.turning))
      case 10: systemCall()
      default: item()
      }
    }
    words += [Assembly.jump(2, to: main), compute()]
    return words
  }

  private mutating func function(at address: UInt64, calls: Bool) -> [UInt32] {
    begin(at: address, calls: calls)
    let size = isWide ? (store: 0x3F, load: 0x37) : (store: 0x2B, load: 0x23) as (UInt32, UInt32)
    let frame = 16 + 16 * random.below(3)
    if calls {
      words += [
        addToStack(-frame), Assembly.immediate(size.0, rs: Self.stack, rt: Self.link, frame - 8),
      ]
    } else if random.chance(2) {
      slot()
    }
    for _ in 0..<(1 + random.below(calls ? 4 : 3)) { item() }
    if calls { words.append(Assembly.immediate(size.1, rs: Self.stack, rt: Self.link, frame - 8)) }
    words += [
      Assembly.special(8, rs: Self.link), calls ? addToStack(frame) : compute(),
      // What comes here has jumped over the return.
      Assembly.jump(2, to: main), Assembly.nop,
    ]
    return words
  }

  private func addToStack(_ value: Int) -> UInt32 {
    Assembly.immediate(isWide ? 0x19 : 9, rs: Self.stack, rt: Self.stack, value)
  }

  /// What slots become: computations, branches over the next instruction or two, calls.
  private mutating func instructions() -> [UInt32] {
    let count = Self.tableBytes / 4
    let plain = (0..<count).map { _ in
      random.chance(4)
        ? Assembly.immediate(
          random.pick([4, 5]), rs: random.pick(Self.values), rt: random.pick([0, 1, 2]), 2)
        : compute()
    }
    let near = leaves.filter { $0 < 0x1000_0000 }
    let jumps = (0..<count).map { _ in
      random.chance(4) ? compute() : Assembly.jump(3, to: random.pick(near))
    }
    return plain + jumps
  }

  /// A store of an instruction, or of part of it, into a slot.
  private func store(_ opcode: UInt32, to slot: UInt64) -> UInt32 {
    // Bytes and halves change an immediate operand, if there is one.
    let address = slot + (opcode == 0x28 ? 3 : opcode == 0x29 ? 2 : 0)
    let value = Self.instruction
    if address < 0x8000 { return Assembly.immediate(opcode, rt: value, Int(address)) }
    return Assembly.immediate(opcode, rs: Self.farPointer, rt: value, Int(address - far))
  }
}

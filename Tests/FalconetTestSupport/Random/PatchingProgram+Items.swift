import FalconetMachine

/// What functions consist of.
extension PatchingProgram {
  mutating func item() {
    switch random.below(12) {
    case 0...2: slot()
    case 3: for _ in 0..<(1 + random.below(3)) { words.append(compute()) }
    case 4, 5: access()
    case 6: count()
    case 7:
      words.append(
        Assembly.immediate(random.pick([4, 5, 6, 7]), rs: random.pick(Self.values), 3))
      words += [compute(), compute(), compute()]
    case 8: loop()
    case 9: patch()
    default: if calls { call(leaves) } else { slot() }
    }
  }

  mutating func compute() -> UInt32 {
    let (first, second, target) = (
      random.pick(Self.values), random.pick(Self.values), random.pick(Self.values)
    )
    let functions: [UInt32] =
      isWide ? [0x21, 0x2D, 0x2F, 0x25, 0x26, 0x2B] : [0x21, 0x23, 0x25, 0x26, 0x2B]
    if random.chance(2) {
      // An immediate operand whose bytes may take the place of those below.
      return Assembly.immediate(
        random.pick([9, 10, 12, 13, 14]), rs: first, rt: target, Int(random.pick(functions)))
    }
    return Assembly.special(random.pick(functions), rs: first, rt: second, rd: target)
  }

  /// An instruction to be overwritten, with two behind it that a branch may jump over.
  mutating func slot() {
    slots.append(here)
    words += [compute(), compute(), compute()]
  }

  /// Accesses that share a check, which does not hold in each part of memory.
  private mutating func access() {
    let base = random.pick([Self.data, Self.turning, Self.turning, Self.stack])
    for _ in 0..<(2 + random.below(4)) {
      let opcode: UInt32 = random.pick([0x23, 0x2B, 0x20, 0x28])
      let offset = 4 * random.below(8) + (base == Self.stack ? -64 : 0)
      words.append(Assembly.immediate(opcode, rs: base, rt: random.pick(Self.values), offset))
    }
  }

  /// Counts in a word of data of the page, or of another one.
  private mutating func count() {
    let page = random.chance(2) ? start & ~0xFFF : random.pick(leaves + callers) & ~0xFFF
    let value = random.pick(Self.values)
    let offset = PatchingProgram.dataOffset + 4 * UInt64(random.below(4))
    let isFar = page == far && far >= 0x8000
    let base = isFar ? Self.farPointer : 0
    let address = Int(isFar ? offset : page + offset)
    words += [
      Assembly.immediate(0x23, rs: base, rt: value, address),
      Assembly.immediate(9, rs: value, rt: value, 1),
      Assembly.immediate(0x2B, rs: base, rt: value, address),
    ]
  }

  private mutating func loop() {
    words.append(Assembly.set(6, to: UInt16(1 + random.below(4))))
    let target = words.count
    slot()
    words.append(Assembly.immediate(9, rs: 6, rt: 6, -1))
    words += [Assembly.immediate(7, rs: 6, target - words.count - 1), compute()]
  }

  /// A call of a near function by its address, or of any by a register; those by their addresses may become others.
  mutating func call(_ functions: [UInt64]) {
    let target = random.pick(functions)
    if target < 0x1000_0000, start < 0x1000_0000, !random.chance(4) {
      callSlots.append(here)
      words.append(Assembly.jump(3, to: target))
    } else {
      let pointer =
        functions.contains { callers.contains($0) }
        ? random.pick(Self.pointers + [Self.farPointer])
        : random.pick([20, 21, Self.farPointer] as [UInt32])
      words.append(Assembly.special(9, rs: pointer, rd: Self.link))
    }
    words.append(random.chance(3) ? compute() : Assembly.nop)
  }

  /// Overwrites a slot with the next instruction of its table, by a store or by `sc`.
  mutating func patch() {
    let isCall = random.chance(5)
    words += [
      Assembly.immediate(9, rs: Self.counter, rt: Self.counter, 4),
      Assembly.immediate(0x0C, rs: Self.counter, rt: Self.counter, Self.tableBytes - 4),
      Assembly.special(
        isWide ? 0x2D : 0x21, rs: Self.tables, rt: Self.counter, rd: Self.place),
      Assembly.immediate(0x23, rs: Self.place, rt: Self.instruction, isCall ? Self.tableBytes : 0),
    ]
    switch random.below(8) {
    case 0 where !isCall:
      // `ll` from the word that `sc` stores to: both are of one slot, which is the next one of this function.
      guard random.chance(2) else { fallthrough }
      let slot = here + 8
      guard slot < 0x8000 else { fallthrough }
      slots.append(slot)
      words += [
        Assembly.immediate(0x30, rt: 12, Int(slot)),
        Assembly.immediate(0x38, rt: Self.instruction, Int(slot)), compute(), compute(), compute(),
      ]
    case 1 where !isCall:
      // A byte or a half of an instruction with an immediate operand, in the delay slot of a branch.
      words.append(Assembly.immediate(4, rs: 0, 1))
      patches.append((here, random.pick([0x28, 0x29]), false))
      words.append(Assembly.nop)
    case 2:
      words.append(Assembly.immediate(4, rs: random.pick(Self.values), 1))
      patches.append((here, 0x2B, isCall))
      words.append(Assembly.nop)
    default:
      patches.append((here, 0x2B, isCall))
      words.append(Assembly.nop)
    }
  }

  /// A system call that writes to a page of code.
  mutating func systemCall() {
    if random.chance(2) { return readIntoSlot() }
    let page = random.pick(leaves + callers) & ~0xFFF
    let isFar = page == far && far >= 0x8000
    let offset = PatchingProgram.dataOffset + 0x20
    words.append(
      Assembly.immediate(
        isWide ? 0x19 : 9, rs: isFar ? Self.farPointer : 0, rt: 5,
        Int(isFar ? offset : page + offset)))
    let rules = version.newestRevision.rules
    switch random.below(3) {
    case 0 where !version.isSingleThreaded: systemCall(4263, 5222, first: 1)
    case 1 where rules.randomBytes:
      words += [Assembly.special(0x25, rs: 5, rd: 4), Assembly.set(5, to: 8)]
      systemCall(4353, 5313)
    default: systemCall(4003, 5000, first: 5, third: 8)
    }
    words.append(Assembly.nop)
  }

  /// Reads the first bytes of another pre-image, its length, over a slot: two instructions that change no register.
  private mutating func readIntoSlot() {
    words.append(Assembly.special(0x25, rs: Self.tables, rd: 5))
    systemCall(4004, 5001, first: 6, third: 4)
    let place = words.count
    words.append(Assembly.nop)
    systemCall(4003, 5000, first: 5, third: 8)
    // The slot comes next, or is an earlier one.
    var target = here
    if let earlier = slots.last(where: { $0 < 0x8000 && $0 & 7 == 0 }), random.chance(2) {
      target = earlier
    } else if isWide, here & 7 != 0 {
      target += 4
      words.append(Assembly.nop)
    }
    words[place] = Assembly.set(5, to: UInt16(target))
    slot()
  }

  private mutating func systemCall(
    _ narrow: UInt16, _ wide: UInt16, first: UInt16? = nil, third: UInt16? = nil
  ) {
    if let first { words.append(Assembly.set(4, to: first)) }
    if let third { words.append(Assembly.set(6, to: third)) }
    words += [Assembly.set(2, to: isWide ? wide : narrow), Assembly.syscall]
  }
}

import FalconetVectors

/// What programs are made of: several instructions each.
extension StackProgram {
  private mutating func accesses(_ most: Int = 6) {
    let base = base()
    for _ in 0..<(1 + random.below(most)) {
      words.append(access(random.chance(4) ? self.base() : base))
    }
  }

  /// Ends a block.
  private mutating func branch(on register: UInt32? = nil) {
    let first = register ?? value()
    let over = 1 + random.below(3)
    switch random.below(6) {
    case 0: words.append(Assembly.immediate(4, rs: 0, rt: 0, over))
    case 1, 2: words.append(Assembly.immediate(random.pick([4, 5]), rs: first, rt: 0, over))
    case 3: words.append(Assembly.immediate(random.pick([4, 5]), rs: 0, rt: first, over))
    case 4: words.append(Assembly.immediate(random.pick([6, 7]), rs: first, over))
    default:
      let field = random.pick([0, 1, 0, 1, 0x10, 0x11] as [UInt32])
      words.append(Assembly.immediate(1, rs: first, rt: field, over))
    }
    words.append(slot())
    if random.chance(2) { accesses(3) }
  }

  mutating func item() {
    if isTame ? random.chance(2) : random.chance(5) {
      words.append(move(Self.stack, random.pick(Self.stacks)))
    }
    switch callsOften && random.chance(3) ? 13 : random.below(27) {
    case 0...1: accesses()
    case 2, 20: excursion()
    case 3, 4:
      words.append(change())
      if random.chance(2) { branch() }
      accesses()
    case 5, 6: compared()
    case 7, 21: copies()
    case 8: branch()
    case 9, 10: call()
    case 11: reservation()
    case 12: loop()
    case 13: systemCall()
    case 14: constant()
    case 15: hiLo()
    case 16: extend()
    case 17: alternate()
    case 22...24: unaligned()
    case 18:
      // The stack pointer is kept in a frame.
      let code: (UInt32, UInt32) = isWide ? (0x3F, 0x37) : (0x2B, 0x23)
      let (base, offset) = (base(), 8 * random.below(8))
      words.append(Assembly.immediate(code.0, rs: base, rt: source(), offset))
      if random.chance(2) { branch() }
      words.append(Assembly.immediate(code.1, rs: base, rt: Self.stack, offset))
      accesses()
    case 19 where random.chance(4):
      words.append(
        Assembly.immediate(
          0x2B, rs: random.pick(Self.code), rt: random.pick(Self.instructions),
          4 * random.below(12)))
    default: for _ in 0..<random.below(4) { words.append(compute()) }
    }
  }

  /// A branch right behind a comparison, whose result is the stack pointer most of the time.
  private mutating func compared() {
    let target = random.chance(4) ? value() : Self.stack
    words.append(
      random.chance(3)
        ? Assembly.immediate(
          random.pick([10, 11]), rs: source(), rt: target, random.pick([0, 1, -1, 0x7FFF]))
        : Assembly.special(random.pick([0x2A, 0x2B]), rs: source(), rt: source(), rd: target))
    if random.chance(8) { words.append(compute()) }
    branch(on: target)
    accesses(4)
  }

  private mutating func copies() {
    let alias = random.pick(Self.aliases)
    words.append(
      random.chance(2) ? move(alias, Self.stack) : add(alias, Self.stack, distance()))
    if random.chance(2) {
      words.append(random.chance(3) ? linked(isLoad: random.chance(2), Self.stack) : change())
    }
    if random.chance(2) {
      // What the block has to check for.
      let start = random.pick([64, 0x100, 0x400, 0xF00, -0x80, -0x400, -0xF80])
      for _ in 0..<(2 + random.below(3)) {
        words.append(
          Assembly.immediate(
            random.pick(isWide ? [0x3F, 0x37, 0x2B, 0x23] : [0x2B, 0x23]), rs: alias, rt: value(),
            start + 8 * random.below(8)))
      }
    } else {
      for _ in 0..<(1 + random.below(5)) {
        words.append(access(random.chance(3) ? Self.stack : alias))
      }
    }
    if random.chance(3) { words.append(add(alias, alias, distance())) }
    if random.chance(3) { words.append(move(Self.stack, alias)) }
    if random.chance(2) { branch() }
    words += [access(alias), access(Self.stack)]
  }

  /// The stack pointer goes away and back, maybe not in the same block, with accesses to all that lies between.
  private mutating func excursion() {
    let distance = random.pick([
      -0x240, 0x240, 4032, -4032, 0x1000, -0x1000, 0x2400, -0x2400, 0x7F00, -0x7F00, 0x4000,
      -0x3FF0,
    ])
    func between() {
      for _ in 0..<(1 + random.below(4)) {
        let size: (store: UInt32, load: UInt32) =
          isWide && random.chance(2) ? (0x3F, 0x37) : (0x2B, 0x23)
        // Most are near one of the ends.
        let range = abs(distance) + 64
        let place =
          switch random.below(3) {
          case 0: random.below(range)
          case 1: random.below(64)
          default: range - 1 - random.below(64)
          }
        let inside = (place & ~7) - (distance > 0 ? distance : 0)
        words.append(
          Assembly.immediate(
            random.chance(2) ? size.store : size.load, rs: Self.stack, rt: value(),
            min(inside, 32760)))
      }
    }
    if random.chance(2) { accesses(3) }
    words.append(add(Self.stack, Self.stack, distance))
    between()
    if random.chance(3) { branch() }
    if random.chance(3) {
      words.append(add(Self.stack, Self.stack, -distance / 2))
      accesses(2)
      words.append(add(Self.stack, Self.stack, distance / 2))
      between()
    }
    if random.chance(2) { words.append(add(Self.stack, Self.stack, -distance)) }
    if random.chance(2) { branch() }
    accesses(3)
  }

  private mutating func constant() {
    let target = random.chance(2) ? Self.stack : random.pick(Self.values)
    words.append(
      random.chance(2)
        ? Assembly.immediate(15, rt: target, random.pick([0, 1, 2, 0x7FFF, 0x8000]))
        : Assembly.set(target, to: random.pick([0, 0x4000, 0xFFF8, 0x9001, 0x20])))
    if random.chance(2) {
      words.append(Assembly.immediate(13, rs: target, rt: target, random.pick([8, 0x800, 4])))
    }
    if random.chance(2), isWide {
      let other = random.pick(Self.stacks + [Self.stack])
      words.append(
        random.chance(2)
          ? Assembly.special(0x2D, rs: target, rt: other, rd: target)
          : Assembly.special(0x2D, rs: other, rt: target, rd: target))
    }
    if random.chance(2) { words.append(move(Self.stack, target)) }
    accesses()
  }

  private mutating func hiLo() {
    let isLow = random.chance(2)
    words.append(
      random.chance(3)
        ? Assembly.special(
          random.pick(isWide ? [0x18, 0x19, 0x1C, 0x1D] : [0x18, 0x19]), rs: source(), rt: value())
        : Assembly.special(isLow ? 0x13 : 0x11, rs: source()))
    words.append(Assembly.special(isLow ? 0x12 : 0x10, rd: Self.stack))
    if random.chance(2) { branch() }
    accesses()
  }

  private mutating func extend() {
    guard isWide else { return words.append(change()) }
    let (function, amount) = random.pick(
      [(0x3C, 0), (0x3C, 16), (0x3C, 24), (0x38, 8), (0x3C, 31)] as [(UInt32, UInt32)])
    words.append(Assembly.special(function, rt: source(), rd: Self.stack, sa: amount))
    words.append(
      Assembly.special(
        function + (random.chance(2) ? 2 : 3), rt: Self.stack, rd: Self.stack, sa: amount))
    accesses()
  }

  /// Two stacks by turns.
  private mutating func alternate() {
    let (one, other) = (random.pick(Self.stacks), random.pick(Self.stacks))
    for index in 0..<(2 + random.below(4)) {
      words.append(move(Self.stack, index % 2 == 0 ? one : other))
      if random.chance(2) { accesses(2) }
      if random.chance(2) { words += [Assembly.immediate(4, 1), slot()] }
      accesses(3)
    }
  }

  private mutating func call() {
    switch random.below(8) {
    case 0...3:
      words.append(Assembly.jump(3, to: random.pick(functions) + 4 * UInt64(random.below(3))))
    case 4:
      words.append(
        Assembly.special(
          9, rs: random.pick(Self.code + [Self.stack, Self.link]), rd: Self.link))
    case 5, 6:
      words.append(
        Assembly.special(9, rs: random.pick(Self.code), rd: random.pick([29, 29, 30, 13, 0])))
    case 7 where random.chance(3):
      words.append(Assembly.special(8, rs: random.pick([Self.stack, Self.link, 20, 21])))
    default: words.append(Assembly.immediate(1, rt: 0x11, 1))
    }
    words.append(slot())
    if random.chance(2) { accesses(3) }
  }

  private mutating func reservation() {
    let (base, offset) = (base(), 8 * random.below(8))
    let isDouble = isWide && random.chance(2)
    words.append(
      Assembly.immediate(
        isDouble ? 0x34 : 0x30, rs: base, rt: random.chance(4) ? Self.stack : value(), offset))
    for _ in 0..<random.below(4) {
      switch random.below(9) {
      case 0: branch()
      case 1: words.append(change())
      case 2: systemCall()
      case 3...5:
        // Ends the reservation.
        words.append(
          Assembly.immediate(
            random.pick([0x2B, isDouble ? 0x3F : 0x2B, 0x28]), rs: base, rt: value(), offset))
      default: accesses(2)
      }
    }
    if random.chance(3) { accesses(3) }
    words.append(
      Assembly.immediate(
        isDouble ? 0x3C : 0x38, rs: base, rt: random.chance(4) ? Self.stack : value(), offset))
    if random.chance(2) { accesses(3) }
  }

  private mutating func loop() {
    words.append(
      Assembly.set(
        Self.counter, to: random.pick([1, 3, 10, 40, random.chance(3) ? 400 : 20])))
    let start = words.count
    switch random.below(4) {
    case 0: alternate()
    case 1: compared()
    case 2:
      words.append(move(Self.stack, random.pick(Self.stacks)))
      words.append(add(Self.stack, Self.stack, distance()))
      accesses()
    default: accesses()
    }
    if random.chance(3) { copies() }
    words += [
      Assembly.immediate(9, rs: Self.counter, rt: Self.counter, -1),
      Assembly.immediate(7, rs: Self.counter, start - words.count - 2), slot(),
    ]
  }

  private mutating func systemCall() {
    // sched_yield, getpid, write, read, clone, mmap, munmap.
    let numbers: [(UInt16, UInt16)] = [
      (4162, 5023), (4162, 5023), (4020, 5038), (4004, 5001), (4004, 5001), (4003, 5000),
      (4120, 5055),
      (4090, 5009),
    ]
    let number = random.pick(numbers)
    let clone = number.0 == 4120
    guard !clone || random.chance(4) else { return accesses() }
    switch number.0 {
    case 4003: words.append(Assembly.set(4, to: random.pick([3, 5])))
    case 4004: words.append(Assembly.set(4, to: 1))
    case 4090: words.append(Assembly.set(4, to: 0))
    case 4120:
      words += [Assembly.immediate(15, rt: 4, 5), Assembly.immediate(13, rs: 4, rt: 4, 0x0F00)]
    default: words.append(move(4, Self.stack))
    }
    words += [
      move(5, clone ? random.pick(Self.stacks) : source()),
      Assembly.set(6, to: UInt16(1 + random.below(40))),
      Assembly.set(2, to: isWide ? number.1 : number.0),
    ]
    if random.chance(4) { words.append(change()) }
    // Whatever comes here by a branch, it writes little.
    words += [Assembly.immediate(12, rs: 6, rt: 6, 0x3F), Assembly.syscall]
    guard random.chance(2) else { return accesses() }
    for _ in 0..<(1 + random.below(4)) {
      words.append(
        Assembly.immediate(
          isWide ? 0x3F : 0x2B, rs: Self.stack, rt: value(), 8 * random.below(8)))
    }
  }
}

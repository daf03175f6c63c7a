import FalconetMachine

/// What its code and its functions are made of.
extension HostileProgram {
  mutating func item() {
    switch random.below(20) {
    case 0...3:
      let base = base()
      for _ in 0..<(1 + random.below(5)) { words.append(access(base)) }
    case 4:
      let alias = random.pick(Self.aliases)
      words.append(
        random.chance(2)
          ? move(alias, base())
          : add(alias, base(), random.pick([8, -8, 4, 3, 0x7FF0, -32768, 1024])))
      words += [access(alias), access(alias)]
    case 5:
      for _ in 0..<(1 + random.below(6)) { words.append(compute()) }
    case 6: constant()
    case 7: extend()
    case 8: compareAndBranch()
    case 9:
      let field = random.pick([0, 1, 0x10, 0x11] as [UInt32])
      words.append(
        random.chance(3)
          ? Assembly.immediate(1, rs: value(), rt: field, 1 + random.below(5))
          : Assembly.immediate(
            random.pick([4, 5] as [UInt32]), rs: value(), rt: value(), 1 + random.below(5)))
      words.append(slot())
    case 10, 11: call()
    case 12: reservation()
    case 13:
      if changesCode { words.append(codeStore()) }
    case 14: for _ in 0..<(1 + random.below(3)) { words.append(partial()) }
    case 15:
      // The address comes out of memory.
      let (alias, base) = (random.pick(Self.aliases), base())
      words += [store(random.pick([29, 16, 17, 30]), base, 8), load(alias, base, 8)]
      words += [access(alias), access(base), access(alias)]
    case 16: addToStack(random.pick([-16, 16, -4096, 4096, 8, -1024, 4, 1]))
    case 17: loop()
    case 18: systemCall()
    default:
      words += [
        move(Self.stack, random.pick([16, 17, 18, 19])), access(Self.stack), access(Self.stack),
      ]
    }
  }

  private mutating func constant() {
    let register = random.pick(Self.values)
    if random.chance(2) {
      words.append(
        Assembly.immediate(15, rt: register, random.pick([1, 2, 0x8000, 0x7FFF, 0xFFFF])))
    } else {
      words.append(Assembly.set(register, to: random.pick([0, 0x4000, 0xFFF8, 0x1001])))
    }
    if random.chance(2) {
      words.append(Assembly.immediate(13, rs: register, rt: register, random.pick([0, 8, 0xFFF0])))
    }
    if random.chance(2) { words.append(add(register, register, random.pick([8, -8, -32768]))) }
    if random.chance(2), isWide {
      let other = random.pick([Self.stack, 7, 8, register])
      words.append(
        random.chance(2)
          ? Assembly.special(0x2D, rs: register, rt: other, rd: register)
          : Assembly.special(0x2D, rs: other, rt: register, rd: register))
    }
    words += [access(register), access(register)]
  }

  private mutating func extend() {
    guard isWide else { return words.append(compute()) }
    let (register, source) = (value(), value())
    let (function, amount) = random.pick(
      [(0x3C, 0), (0x3C, 16), (0x3C, 24), (0x38, 8), (0x3C, 31)] as [(UInt32, UInt32)])
    words.append(Assembly.special(function, rt: source, rd: register, sa: amount))
    let back: UInt32 = random.chance(2) ? function + 2 : function + 3
    words.append(
      Assembly.special(
        back, rt: random.chance(6) ? source : register, rd: random.chance(6) ? value() : register,
        sa: amount))
  }

  private mutating func compareAndBranch() {
    let register = value()
    words.append(
      random.chance(2)
        ? Assembly.special(random.pick([0x2A, 0x2B]), rs: value(), rt: value(), rd: register)
        : Assembly.immediate(
          random.pick([10, 11]), rs: value(), rt: register, random.below(64) - 32))
    if random.chance(5) { words.append(access(Self.stack)) }
    let operands: (UInt32, UInt32) =
      random.chance(4) ? (0, register) : (register, random.chance(8) ? value() : 0)
    words += [
      Assembly.immediate(
        random.pick([4, 5, 6, 7]), rs: operands.0, rt: operands.1, 1 + random.below(5)),
      random.chance(2) ? Assembly.nop : slot(),
    ]
    for _ in 0..<random.below(4) { words.append(compute()) }
  }

  private mutating func call() {
    let target: UInt32 = random.pick([20, 21, 22, 23])
    switch random.below(9) {
    case 0...3:
      words.append(Assembly.jump(3, to: random.pick(functions) &+ 4 * UInt64(random.below(3))))
    case 4, 5: words.append(Assembly.special(9, rs: target, rd: Self.link))
    case 6: words.append(Assembly.special(9, rs: target, rd: random.pick([2, 30, 0, 29])))
    case 7:
      words.append(
        Assembly.immediate(1, rs: value(), rt: random.pick([0x10, 0x11]), 1 + random.below(6)))
    default:
      words.append(
        Assembly.special(
          random.chance(3) ? 9 : 8, rs: Self.link, rd: random.chance(2) ? Self.link : 2)
          & (random.chance(2) ? ~0xF800 : ~0))
    }
    words.append(slot())
  }

  private mutating func reservation() {
    let (base, offset) = (base(), 4 * random.below(16))
    let isDouble = isWide && random.chance(3)
    words.append(Assembly.immediate(isDouble ? 0x34 : 0x30, rs: base, rt: value(), offset))
    for _ in 0..<random.below(4) {
      words.append(random.chance(2) ? access(base) : access(Self.stack))
    }
    if random.chance(2) {
      words.append(Assembly.immediate(isDouble ? 0x3C : 0x38, rs: base, rt: value(), offset))
    }
    for _ in 0..<random.below(3) {
      words.append(random.chance(2) ? access(base) : access(Self.stack))
    }
  }

  private mutating func loop() {
    words.append(Assembly.set(12, to: random.chance(8) ? 2100 : UInt16(random.below(5))))
    let start = words.count
    if random.chance(2) { words.append(access(base())) }
    // Calls as deep as the loop is long, with no return.
    if random.chance(3) { words += [Assembly.immediate(1, rt: 0x11, 1), Assembly.nop] }
    words += [
      Assembly.immediate(9, rs: 12, rt: 12, -1),
      Assembly.immediate(7, rs: 12, start - words.count - 2), compute(),
    ]
  }

  private mutating func systemCall() {
    guard calls else { return words.append(compute()) }
    let numbers: [(UInt16, UInt16)] = [(4162, 5023), (4222, 5178), (4162, 5023), (4353, 5313)]
    let number = random.pick(numbers)
    words += [
      move(4, Self.stack), Assembly.set(5, to: 8),
      Assembly.set(2, to: isWide ? number.1 : number.0),
      Assembly.syscall,
    ]
  }
}

/// The handlers of the portable engine, by the number of their operation.
///
/// A handler is a function with a name, since the compiler would make a function of its own, and a jump to it, of a
/// longer closure.
enum HandlerTable {
  private typealias Op = Handler.Operations
  private typealias Bytes = Handler.Bytes

  /// By number: as ``all``, with loads that leave watched bytes to the plain step.
  static let checked: [HandlerFunction] = {
    var table = all
    func set<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table[Int(type.numbers[0])] = handler
    }
    set(One<Watched<Lb>>.self) { One<Watched<Lb>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Lbu>>.self) { One<Watched<Lbu>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Lh>>.self) { One<Watched<Lh>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Lhu>>.self) { One<Watched<Lhu>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Lw>>.self) { One<Watched<Lw>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Lwu>>.self) { One<Watched<Lwu>>.run($0, $1, $2, $3, $4) }
    set(One<Watched<Ld>>.self) { One<Watched<Ld>>.run($0, $1, $2, $3, $4) }
    return table
  }()

  /// By number: the operations' and, behind them, those of ``PortableExit``.
  static let all: [HandlerFunction] = {
    var table = own.map { $0 ?? { Handler.rare($0, $1, $2, $3, $4) } }
    func set<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table[Int(type.numbers[0])] = handler
    }
    table[Int(PortableExit.leave)] = { op, bank, _, _, budget in
      Handler.exit(bank, .leave, at: Handler.trailingAddress(op), budget)
    }
    table[Int(PortableExit.unprepared)] = { op, bank, _, _, budget in
      Handler.exit(bank, .unprepared, at: Handler.trailingAddress(op), budget)
    }
    @inline(__always) func jumpAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<JumpExit>.run(a, b, c, d, e)
    }
    set(Exit<JumpExit>.self, jumpAlone)
    @inline(__always) func detourAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<DetourExit>.run(a, b, c, d, e)
    }
    set(Exit<DetourExit>.self, detourAlone)
    @inline(__always) func indirectAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IndirectExit>.run(a, b, c, d, e)
    }
    set(Exit<IndirectExit>.self, indirectAlone)
    @inline(__always) func equalAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfEqual>.run(a, b, c, d, e)
    }
    set(Exit<IfEqual>.self, equalAlone)
    @inline(__always) func notEqualAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNotEqual>.run(a, b, c, d, e)
    }
    set(Exit<IfNotEqual>.self, notEqualAlone)
    @inline(__always) func notPositiveAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNotPositive>.run(a, b, c, d, e)
    }
    set(Exit<IfNotPositive>.self, notPositiveAlone)
    @inline(__always) func positiveAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfPositive>.run(a, b, c, d, e)
    }
    set(Exit<IfPositive>.self, positiveAlone)
    @inline(__always) func negativeAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNegative>.run(a, b, c, d, e)
    }
    set(Exit<IfNegative>.self, negativeAlone)
    @inline(__always) func notNegativeAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNotNegative>.run(a, b, c, d, e)
    }
    set(Exit<IfNotNegative>.self, notNegativeAlone)
    @inline(__always) func lessAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfLess>.run(a, b, c, d, e)
    }
    set(Exit<IfLess>.self, lessAlone)
    @inline(__always) func notLessAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNotLess>.run(a, b, c, d, e)
    }
    set(Exit<IfNotLess>.self, notLessAlone)
    @inline(__always) func belowAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfBelow>.run(a, b, c, d, e)
    }
    set(Exit<IfBelow>.self, belowAlone)
    @inline(__always) func notBelowAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Exit<IfNotBelow>.run(a, b, c, d, e)
    }
    set(Exit<IfNotBelow>.self, notBelowAlone)
    return table
  }()
}

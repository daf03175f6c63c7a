/// Two operations and the end of a block with a handler for all.
///
/// They are those that Go programs with large code, small loops and C programs execute most, by counts. A handler for
/// each that occurs would take more of the host's cache of instructions than it saves jumps.
extension FusionTable {
  private typealias Op = Handler.Operations
  private typealias Bytes = Handler.Bytes

  static let exits: [Fusion] = {
    typealias T = HandlerTable
    var table: [Fusion] = []
    func add<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table.append(Fusion(type, handler))
    }
    @inline(__always) func andAndiFirstNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.And, InBank, T.Andi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.And, InBank, T.Andi, AsFirst, T.IfNotEqual>.self, andAndiFirstNotEqual)
    @inline(__always) func andiFirstAndiFirstNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Andi, AsFirst, T.Andi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Andi, AsFirst, T.Andi, AsFirst, T.IfNotEqual>.self, andiFirstAndiFirstNotEqual)
    @inline(__always) func daddFirstLbuFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, AsFirst, T.Lbu, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, AsFirst, T.Lbu, AsFirst, T.IfEqual>.self, daddFirstLbuFirstEqual)
    @inline(__always) func daddFirstLdFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, AsFirst, T.Ld, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, AsFirst, T.Ld, AsFirst, T.IfEqual>.self, daddFirstLdFirstEqual)
    @inline(__always) func daddFirstLdSecondBelow(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, AsFirst, T.Ld, AsSecond, T.IfBelow>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, AsFirst, T.Ld, AsSecond, T.IfBelow>.self, daddFirstLdSecondBelow)
    @inline(__always) func daddFirstLdSecondNotBelow(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, AsFirst, T.Ld, AsSecond, T.IfNotBelow>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, AsFirst, T.Ld, AsSecond, T.IfNotBelow>.self, daddFirstLdSecondNotBelow)
    @inline(__always) func daddFirstLwuFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, AsFirst, T.Lwu, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, AsFirst, T.Lwu, AsFirst, T.IfEqual>.self, daddFirstLwuFirstEqual)
    @inline(__always) func daddSltiuFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dadd, InBank, T.Sltiu, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dadd, InBank, T.Sltiu, AsFirst, T.IfEqual>.self, daddSltiuFirstEqual)
    @inline(__always) func daddiFirstSbJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Daddi, AsFirst, T.Sb, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Daddi, AsFirst, T.Sb, InBank, JumpExit>.self, daddiFirstSbJump)
    @inline(__always) func daddiFirstSltiFirstNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Daddi, AsFirst, T.Slti, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Daddi, AsFirst, T.Slti, AsFirst, T.IfNotEqual>.self, daddiFirstSltiFirstNotEqual)
    @inline(__always) func daddiDaddiNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { TwoExit<T.Daddi, InBank, T.Daddi, InBank, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Daddi, InBank, T.Daddi, InBank, T.IfNotEqual>.self, daddiDaddiNotEqual)
    @inline(__always) func daddiLuiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Daddi, InBank, T.Lui, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Daddi, InBank, T.Lui, InBank, JumpExit>.self, daddiLuiJump)
    @inline(__always) func daddiSdNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Daddi, InBank, T.Sd, InBank, T.IfNotEqual>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Daddi, InBank, T.Sd, InBank, T.IfNotEqual>.self, daddiSdNotEqual)
    @inline(__always) func daddiSltiFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Daddi, InBank, T.Slti, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Daddi, InBank, T.Slti, AsFirst, T.IfEqual>.self, daddiSltiFirstEqual)
    @inline(__always) func daddiSecondSdNotLess(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Daddi, AsSecond, T.Sd, InBank, T.IfNotLess>.run(a, b, c, d, e) }
    add(TwoExit<T.Daddi, AsSecond, T.Sd, InBank, T.IfNotLess>.self, daddiSecondSdNotLess)
    @inline(__always) func dsllDsrlFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { TwoExit<T.Dsll, InBank, T.Dsrl, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dsll, InBank, T.Dsrl, AsFirst, T.IfEqual>.self, dsllDsrlFirstEqual)
    @inline(__always) func dsllSecondDsrlFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dsll, AsSecond, T.Dsrl, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dsll, AsSecond, T.Dsrl, AsFirst, T.IfEqual>.self, dsllSecondDsrlFirstEqual)
    @inline(__always) func dsubFirstAndiFirstNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Dsub, AsFirst, T.Andi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Dsub, AsFirst, T.Andi, AsFirst, T.IfNotEqual>.self, dsubFirstAndiFirstNotEqual)
    @inline(__always) func ldFirstXoriFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Ld, AsFirst, T.Xori, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Ld, AsFirst, T.Xori, AsFirst, T.IfEqual>.self, ldFirstXoriFirstEqual)
    @inline(__always) func ldDaddiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Ld, InBank, T.Daddi, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Ld, InBank, T.Daddi, InBank, IndirectExit>.self, ldDaddiIndirect)
    @inline(__always) func ldLdFirstNotBelow(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { TwoExit<T.Ld, InBank, T.Ld, AsFirst, T.IfNotBelow>.run(a, b, c, d, e) }
    add(TwoExit<T.Ld, InBank, T.Ld, AsFirst, T.IfNotBelow>.self, ldLdFirstNotBelow)
    @inline(__always) func ldLdFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { TwoExit<T.Ld, InBank, T.Ld, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Ld, InBank, T.Ld, AsFirst, T.IfNotEqual>.self, ldLdFirstNotEqual)
    @inline(__always) func ldLdJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Ld, InBank, T.Ld, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Ld, InBank, T.Ld, InBank, JumpExit>.self, ldLdJump)
    @inline(__always) func ldSecondXorFirstEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Ld, AsSecond, T.Xor, AsFirst, T.IfEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Ld, AsSecond, T.Xor, AsFirst, T.IfEqual>.self, ldSecondXorFirstEqual)
    @inline(__always) func orLdNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Or, InBank, T.Ld, InBank, T.IfNotEqual>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Or, InBank, T.Ld, InBank, T.IfNotEqual>.self, orLdNotEqual)
    @inline(__always) func orOrJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Or, InBank, T.Or, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Or, InBank, T.Or, InBank, JumpExit>.self, orOrJump)
    @inline(__always) func orSecondSdIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { TwoExit<T.Or, AsSecond, T.Sd, InBank, IndirectExit>.run(a, b, c, d, e) }
    add(TwoExit<T.Or, AsSecond, T.Sd, InBank, IndirectExit>.self, orSecondSdIndirect)
    @inline(__always) func sbDaddiFirstNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Sb, InBank, T.Daddi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Sb, InBank, T.Daddi, AsFirst, T.IfNotEqual>.self, sbDaddiFirstNotEqual)
    @inline(__always) func sbDaddiSecondNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Sb, InBank, T.Daddi, AsSecond, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Sb, InBank, T.Daddi, AsSecond, T.IfNotEqual>.self, sbDaddiSecondNotEqual)
    @inline(__always) func sbLuiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Sb, InBank, T.Lui, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Sb, InBank, T.Lui, InBank, JumpExit>.self, sbLuiJump)
    @inline(__always) func sdDaddiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Sd, InBank, T.Daddi, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Sd, InBank, T.Daddi, InBank, IndirectExit>.self, sdDaddiIndirect)
    @inline(__always) func sdDaddiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Sd, InBank, T.Daddi, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Sd, InBank, T.Daddi, InBank, JumpExit>.self, sdDaddiJump)
    @inline(__always) func sdLuiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Sd, InBank, T.Lui, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Sd, InBank, T.Lui, InBank, IndirectExit>.self, sdLuiIndirect)
    @inline(__always) func sdLuiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      TwoExit<T.Sd, InBank, T.Lui, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(TwoExit<T.Sd, InBank, T.Lui, InBank, JumpExit>.self, sdLuiJump)
    @inline(__always) func swDaddiSecondNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { TwoExit<T.Sw, InBank, T.Daddi, AsSecond, T.IfNotEqual>.run(a, b, c, d, e) }
    add(TwoExit<T.Sw, InBank, T.Daddi, AsSecond, T.IfNotEqual>.self, swDaddiSecondNotEqual)
    return table
  }()
}

/// Pairs of operations with a handler for both.
///
/// They are those that Go programs with large code, small loops and C programs execute most, by counts. A handler for
/// each that occurs would take more of the host's cache of instructions than it saves jumps. A few are for programs of
/// 32 bits.
extension FusionTable {
  private typealias Op = Handler.Operations
  private typealias Bytes = Handler.Bytes

  static let pairs: [Fusion] = {
    typealias T = HandlerTable
    var table: [Fusion] = []
    func add<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table.append(Fusion(type, handler))
    }
    @inline(__always) func addFirstLw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Add, AsFirst, T.Lw>.run(a, b, c, d, e)
    }
    add(Two<T.Add, AsFirst, T.Lw>.self, addFirstLw)
    @inline(__always) func addiFirstLw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Addi, AsFirst, T.Lw>.run(a, b, c, d, e)
    }
    add(Two<T.Addi, AsFirst, T.Lw>.self, addiFirstLw)
    @inline(__always) func addiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Addi, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Addi, InBank, IndirectExit>.self, addiIndirect)
    @inline(__always) func addiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Addi, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Addi, InBank, JumpExit>.self, addiJump)
    @inline(__always) func addiLw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Addi, InBank, T.Lw>.run(a, b, c, d, e)
    }
    add(Two<T.Addi, InBank, T.Lw>.self, addiLw)
    @inline(__always) func addiSw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Addi, InBank, T.Sw>.run(a, b, c, d, e)
    }
    add(Two<T.Addi, InBank, T.Sw>.self, addiSw)
    @inline(__always) func andSecondDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.And, AsSecond, T.Dadd>.run(a, b, c, d, e)
    }
    add(Two<T.And, AsSecond, T.Dadd>.self, andSecondDadd)
    @inline(__always) func andiFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Andi, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Andi, AsFirst, T.IfEqual>.self, andiFirstEqual)
    @inline(__always) func andiFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { OneExit<T.Andi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Andi, AsFirst, T.IfNotEqual>.self, andiFirstNotEqual)
    @inline(__always) func daddFirstLbu(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dadd, AsFirst, T.Lbu>.run(a, b, c, d, e)
    }
    add(Two<T.Dadd, AsFirst, T.Lbu>.self, daddFirstLbu)
    @inline(__always) func daddFirstLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dadd, AsFirst, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Dadd, AsFirst, T.Ld>.self, daddFirstLd)
    @inline(__always) func daddLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dadd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Dadd, InBank, T.Ld>.self, daddLd)
    @inline(__always) func daddSecondBelow(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Dadd, AsSecond, T.IfBelow>.run(a, b, c, d, e)
    }
    add(OneExit<T.Dadd, AsSecond, T.IfBelow>.self, daddSecondBelow)
    @inline(__always) func daddSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dadd, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Dadd, AsSecond, T.Sd>.self, daddSecondSd)
    @inline(__always) func daddiFirstBelow(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Daddi, AsFirst, T.IfBelow>.run(a, b, c, d, e)
    }
    add(OneExit<T.Daddi, AsFirst, T.IfBelow>.self, daddiFirstBelow)
    @inline(__always) func daddiFirstLb(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Daddi, AsFirst, T.Lb>.run(a, b, c, d, e)
    }
    add(Two<T.Daddi, AsFirst, T.Lb>.self, daddiFirstLb)
    @inline(__always) func daddiFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { OneExit<T.Daddi, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Daddi, AsFirst, T.IfNotEqual>.self, daddiFirstNotEqual)
    @inline(__always) func daddiDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Daddi, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Two<T.Daddi, InBank, T.Daddi>.self, daddiDaddi)
    @inline(__always) func daddiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Daddi, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Daddi, InBank, IndirectExit>.self, daddiIndirect)
    @inline(__always) func daddiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Daddi, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Daddi, InBank, JumpExit>.self, daddiJump)
    @inline(__always) func daddiLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Daddi, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Daddi, InBank, T.Ld>.self, daddiLd)
    @inline(__always) func daddiSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Daddi, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Daddi, InBank, T.Sd>.self, daddiSd)
    @inline(__always) func daddiSecondNotEqual(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { OneExit<T.Daddi, AsSecond, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Daddi, AsSecond, T.IfNotEqual>.self, daddiSecondNotEqual)
    @inline(__always) func daddiSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Daddi, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Daddi, AsSecond, T.Sd>.self, daddiSecondSd)
    @inline(__always) func dmultuMfhi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dmultu, InBank, T.Mfhi>.run(a, b, c, d, e)
    }
    add(Two<T.Dmultu, InBank, T.Mfhi>.self, dmultuMfhi)
    @inline(__always) func dmultuMflo(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dmultu, InBank, T.Mflo>.run(a, b, c, d, e)
    }
    add(Two<T.Dmultu, InBank, T.Mflo>.self, dmultuMflo)
    @inline(__always) func dsllSecondDsrl(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Dsll, AsSecond, T.Dsrl>.run(a, b, c, d, e)
    }
    add(Two<T.Dsll, AsSecond, T.Dsrl>.self, dsllSecondDsrl)
    @inline(__always) func lbSecondSb(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lb, AsSecond, T.Sb>.run(a, b, c, d, e)
    }
    add(Two<T.Lb, AsSecond, T.Sb>.self, lbSecondSb)
    @inline(__always) func lbuFirstDsllv(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lbu, AsFirst, T.Dsllv>.run(a, b, c, d, e)
    }
    add(Two<T.Lbu, AsFirst, T.Dsllv>.self, lbuFirstDsllv)
    @inline(__always) func lbuFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Lbu, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Lbu, AsFirst, T.IfEqual>.self, lbuFirstEqual)
    @inline(__always) func lbuFirstXori(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lbu, AsFirst, T.Xori>.run(a, b, c, d, e)
    }
    add(Two<T.Lbu, AsFirst, T.Xori>.self, lbuFirstXori)
    @inline(__always) func lbuSecondSb(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lbu, AsSecond, T.Sb>.run(a, b, c, d, e)
    }
    add(Two<T.Lbu, AsSecond, T.Sb>.self, lbuSecondSb)
    @inline(__always) func ldFirstBelow(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, AsFirst, T.IfBelow>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, AsFirst, T.IfBelow>.self, ldFirstBelow)
    @inline(__always) func ldFirstDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsFirst, T.Dadd>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsFirst, T.Dadd>.self, ldFirstDadd)
    @inline(__always) func ldFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, AsFirst, T.IfEqual>.self, ldFirstEqual)
    @inline(__always) func ldFirstLb(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsFirst, T.Lb>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsFirst, T.Lb>.self, ldFirstLb)
    @inline(__always) func ldFirstLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsFirst, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsFirst, T.Ld>.self, ldFirstLd)
    @inline(__always) func ldFirstNotBelow(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, AsFirst, T.IfNotBelow>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, AsFirst, T.IfNotBelow>.self, ldFirstNotBelow)
    @inline(__always) func ldFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, AsFirst, T.IfNotEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, AsFirst, T.IfNotEqual>.self, ldFirstNotEqual)
    @inline(__always) func ldFirstXor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsFirst, T.Xor>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsFirst, T.Xor>.self, ldFirstXor)
    @inline(__always) func ldDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Dadd>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Dadd>.self, ldDadd)
    @inline(__always) func ldDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Daddi>.self, ldDaddi)
    @inline(__always) func ldJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, InBank, JumpExit>.self, ldJump)
    @inline(__always) func ldLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Ld>.self, ldLd)
    @inline(__always) func ldOr(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Or>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Or>.self, ldOr)
    @inline(__always) func ldSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Sd>.self, ldSd)
    @inline(__always) func ldXor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, InBank, T.Xor>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, InBank, T.Xor>.self, ldXor)
    @inline(__always) func ldSecondEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Ld, AsSecond, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Ld, AsSecond, T.IfEqual>.self, ldSecondEqual)
    @inline(__always) func ldSecondOr(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsSecond, T.Or>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsSecond, T.Or>.self, ldSecondOr)
    @inline(__always) func ldSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Ld, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Ld, AsSecond, T.Sd>.self, ldSecondSd)
    @inline(__always) func luiFirstAddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lui, AsFirst, T.Addi>.run(a, b, c, d, e)
    }
    add(Two<T.Lui, AsFirst, T.Addi>.self, luiFirstAddi)
    @inline(__always) func luiFirstDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lui, AsFirst, T.Dadd>.run(a, b, c, d, e)
    }
    add(Two<T.Lui, AsFirst, T.Dadd>.self, luiFirstDadd)
    @inline(__always) func luiIndirect(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Lui, InBank, IndirectExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Lui, InBank, IndirectExit>.self, luiIndirect)
    @inline(__always) func luiJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Lui, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Lui, InBank, JumpExit>.self, luiJump)
    @inline(__always) func lwFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Lw, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Lw, AsFirst, T.IfEqual>.self, lwFirstEqual)
    @inline(__always) func lwFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Lw, AsFirst, T.IfNotEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Lw, AsFirst, T.IfNotEqual>.self, lwFirstNotEqual)
    @inline(__always) func lwAddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lw, InBank, T.Addi>.run(a, b, c, d, e)
    }
    add(Two<T.Lw, InBank, T.Addi>.self, lwAddi)
    @inline(__always) func lwLw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Lw, InBank, T.Lw>.run(a, b, c, d, e)
    }
    add(Two<T.Lw, InBank, T.Lw>.self, lwLw)
    @inline(__always) func orJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Or, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Or, InBank, JumpExit>.self, orJump)
    @inline(__always) func orOr(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Or, InBank, T.Or>.run(a, b, c, d, e)
    }
    add(Two<T.Or, InBank, T.Or>.self, orOr)
    @inline(__always) func sdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sd, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Two<T.Sd, InBank, T.Daddi>.self, sdDaddi)
    @inline(__always) func sdJump(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Sd, InBank, JumpExit>.run(a, b, c, d, e)
    }
    add(OneExit<T.Sd, InBank, JumpExit>.self, sdJump)
    @inline(__always) func sdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Two<T.Sd, InBank, T.Ld>.self, sdLd)
    @inline(__always) func sdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sd, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Sd, InBank, T.Sd>.self, sdSd)
    @inline(__always) func sllSecondAdd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sll, AsSecond, T.Add>.run(a, b, c, d, e)
    }
    add(Two<T.Sll, AsSecond, T.Add>.self, sllSecondAdd)
    @inline(__always) func sltiFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Slti, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Slti, AsFirst, T.IfEqual>.self, sltiFirstEqual)
    @inline(__always) func sltiFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { OneExit<T.Slti, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Slti, AsFirst, T.IfNotEqual>.self, sltiFirstNotEqual)
    @inline(__always) func sltiuFirstEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      OneExit<T.Sltiu, AsFirst, T.IfEqual>.run(a, b, c, d, e)
    }
    add(OneExit<T.Sltiu, AsFirst, T.IfEqual>.self, sltiuFirstEqual)
    @inline(__always) func sltiuFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { OneExit<T.Sltiu, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Sltiu, AsFirst, T.IfNotEqual>.self, sltiuFirstNotEqual)
    @inline(__always) func swLw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sw, InBank, T.Lw>.run(a, b, c, d, e)
    }
    add(Two<T.Sw, InBank, T.Lw>.self, swLw)
    @inline(__always) func swSw(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Sw, InBank, T.Sw>.run(a, b, c, d, e)
    }
    add(Two<T.Sw, InBank, T.Sw>.self, swSw)
    @inline(__always) func xorSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Two<T.Xor, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Two<T.Xor, AsSecond, T.Sd>.self, xorSecondSd)
    @inline(__always) func xoriFirstNotEqual(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { OneExit<T.Xori, AsFirst, T.IfNotEqual>.run(a, b, c, d, e) }
    add(OneExit<T.Xori, AsFirst, T.IfNotEqual>.self, xoriFirstNotEqual)
    return table
  }()
}

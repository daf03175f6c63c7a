extension HandlerTable {
  private typealias Op = Handler.Operations
  private typealias Bytes = Handler.Bytes

  /// By operation; nil if an operation has no handler of its own and goes to ``Handler/rare(_:_:_:_:_:)``.
  static let own: [HandlerFunction?] = {
    var table = [HandlerFunction?](repeating: nil, count: 256)
    func set<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table[Int(type.numbers[0])] = handler
    }
    @inline(__always) func sllAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sll>.run(a, b, c, d, e)
    }
    set(One<Sll>.self, sllAlone)
    @inline(__always) func srlAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Srl>.run(a, b, c, d, e)
    }
    set(One<Srl>.self, srlAlone)
    @inline(__always) func sraAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sra>.run(a, b, c, d, e)
    }
    set(One<Sra>.self, sraAlone)
    @inline(__always) func dsllAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsll>.run(a, b, c, d, e)
    }
    set(One<Dsll>.self, dsllAlone)
    @inline(__always) func dsrlAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsrl>.run(a, b, c, d, e)
    }
    set(One<Dsrl>.self, dsrlAlone)
    @inline(__always) func dsraAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsra>.run(a, b, c, d, e)
    }
    set(One<Dsra>.self, dsraAlone)
    @inline(__always) func sllvAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sllv>.run(a, b, c, d, e)
    }
    set(One<Sllv>.self, sllvAlone)
    @inline(__always) func srlvAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Srlv>.run(a, b, c, d, e)
    }
    set(One<Srlv>.self, srlvAlone)
    @inline(__always) func sravAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Srav>.run(a, b, c, d, e)
    }
    set(One<Srav>.self, sravAlone)
    @inline(__always) func dsllvAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsllv>.run(a, b, c, d, e)
    }
    set(One<Dsllv>.self, dsllvAlone)
    @inline(__always) func dsrlvAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsrlv>.run(a, b, c, d, e)
    }
    set(One<Dsrlv>.self, dsrlvAlone)
    @inline(__always) func dsravAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsrav>.run(a, b, c, d, e)
    }
    set(One<Dsrav>.self, dsravAlone)
    @inline(__always) func movzAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Movz>.run(a, b, c, d, e)
    }
    set(One<Movz>.self, movzAlone)
    @inline(__always) func movnAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Movn>.run(a, b, c, d, e)
    }
    set(One<Movn>.self, movnAlone)
    @inline(__always) func mfhiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mfhi>.run(a, b, c, d, e)
    }
    set(One<Mfhi>.self, mfhiAlone)
    @inline(__always) func mthiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mthi>.run(a, b, c, d, e)
    }
    set(One<Mthi>.self, mthiAlone)
    @inline(__always) func mfloAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mflo>.run(a, b, c, d, e)
    }
    set(One<Mflo>.self, mfloAlone)
    @inline(__always) func mtloAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mtlo>.run(a, b, c, d, e)
    }
    set(One<Mtlo>.self, mtloAlone)
    @inline(__always) func multAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mult>.run(a, b, c, d, e)
    }
    set(One<Mult>.self, multAlone)
    @inline(__always) func multuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Multu>.run(a, b, c, d, e)
    }
    set(One<Multu>.self, multuAlone)
    @inline(__always) func divAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Div>.run(a, b, c, d, e)
    }
    set(One<Div>.self, divAlone)
    @inline(__always) func divuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Divu>.run(a, b, c, d, e)
    }
    set(One<Divu>.self, divuAlone)
    @inline(__always) func dmultAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dmult>.run(a, b, c, d, e)
    }
    set(One<Dmult>.self, dmultAlone)
    @inline(__always) func dmultuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dmultu>.run(a, b, c, d, e)
    }
    set(One<Dmultu>.self, dmultuAlone)
    @inline(__always) func ddivAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Ddiv>.run(a, b, c, d, e)
    }
    set(One<Ddiv>.self, ddivAlone)
    @inline(__always) func ddivuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Ddivu>.run(a, b, c, d, e)
    }
    set(One<Ddivu>.self, ddivuAlone)
    @inline(__always) func addAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Add>.run(a, b, c, d, e)
    }
    set(One<Add>.self, addAlone)
    @inline(__always) func subAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sub>.run(a, b, c, d, e)
    }
    set(One<Sub>.self, subAlone)
    @inline(__always) func daddAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dadd>.run(a, b, c, d, e)
    }
    set(One<Dadd>.self, daddAlone)
    @inline(__always) func dsubAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dsub>.run(a, b, c, d, e)
    }
    set(One<Dsub>.self, dsubAlone)
    @inline(__always) func andAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<And>.run(a, b, c, d, e)
    }
    set(One<And>.self, andAlone)
    @inline(__always) func orAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Or>.run(a, b, c, d, e)
    }
    set(One<Or>.self, orAlone)
    @inline(__always) func xorAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Xor>.run(a, b, c, d, e)
    }
    set(One<Xor>.self, xorAlone)
    @inline(__always) func norAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Nor>.run(a, b, c, d, e)
    }
    set(One<Nor>.self, norAlone)
    @inline(__always) func sltAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Slt>.run(a, b, c, d, e)
    }
    set(One<Slt>.self, sltAlone)
    @inline(__always) func sltuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sltu>.run(a, b, c, d, e)
    }
    set(One<Sltu>.self, sltuAlone)
    @inline(__always) func mulAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Mul>.run(a, b, c, d, e)
    }
    set(One<Mul>.self, mulAlone)
    @inline(__always) func clzAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Clz>.run(a, b, c, d, e)
    }
    set(One<Clz>.self, clzAlone)
    @inline(__always) func cloAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Clo>.run(a, b, c, d, e)
    }
    set(One<Clo>.self, cloAlone)
    @inline(__always) func dclzAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dclz>.run(a, b, c, d, e)
    }
    set(One<Dclz>.self, dclzAlone)
    @inline(__always) func dcloAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Dclo>.run(a, b, c, d, e)
    }
    set(One<Dclo>.self, dcloAlone)
    @inline(__always) func addiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Addi>.run(a, b, c, d, e)
    }
    set(One<Addi>.self, addiAlone)
    @inline(__always) func daddiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Daddi>.run(a, b, c, d, e)
    }
    set(One<Daddi>.self, daddiAlone)
    @inline(__always) func sltiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Slti>.run(a, b, c, d, e)
    }
    set(One<Slti>.self, sltiAlone)
    @inline(__always) func sltiuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sltiu>.run(a, b, c, d, e)
    }
    set(One<Sltiu>.self, sltiuAlone)
    @inline(__always) func andiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Andi>.run(a, b, c, d, e)
    }
    set(One<Andi>.self, andiAlone)
    @inline(__always) func oriAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Ori>.run(a, b, c, d, e)
    }
    set(One<Ori>.self, oriAlone)
    @inline(__always) func xoriAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Xori>.run(a, b, c, d, e)
    }
    set(One<Xori>.self, xoriAlone)
    @inline(__always) func luiAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lui>.run(a, b, c, d, e)
    }
    set(One<Lui>.self, luiAlone)
    @inline(__always) func lbAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lb>.run(a, b, c, d, e)
    }
    set(One<Lb>.self, lbAlone)
    @inline(__always) func lbuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lbu>.run(a, b, c, d, e)
    }
    set(One<Lbu>.self, lbuAlone)
    @inline(__always) func lhAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lh>.run(a, b, c, d, e)
    }
    set(One<Lh>.self, lhAlone)
    @inline(__always) func lhuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lhu>.run(a, b, c, d, e)
    }
    set(One<Lhu>.self, lhuAlone)
    @inline(__always) func lwAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lw>.run(a, b, c, d, e)
    }
    set(One<Lw>.self, lwAlone)
    @inline(__always) func lwuAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Lwu>.run(a, b, c, d, e)
    }
    set(One<Lwu>.self, lwuAlone)
    @inline(__always) func ldAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Ld>.run(a, b, c, d, e)
    }
    set(One<Ld>.self, ldAlone)
    @inline(__always) func sbAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sb>.run(a, b, c, d, e)
    }
    set(One<Sb>.self, sbAlone)
    @inline(__always) func shAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sh>.run(a, b, c, d, e)
    }
    set(One<Sh>.self, shAlone)
    @inline(__always) func swAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sw>.run(a, b, c, d, e)
    }
    set(One<Sw>.self, swAlone)
    @inline(__always) func sdAlone(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      One<Sd>.run(a, b, c, d, e)
    }
    set(One<Sd>.self, sdAlone)
    return table
  }()
}

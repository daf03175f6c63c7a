/// Three operations with a handler for all.
///
/// They are those that Go programs with large code, small loops and C programs execute most, by counts. A handler for
/// each that occurs would take more of the host's cache of instructions than it saves jumps.
extension FusionTable {
  private typealias Op = Handler.Operations
  private typealias Bytes = Handler.Bytes

  static let triples: [Fusion] = {
    typealias T = HandlerTable
    var table: [Fusion] = []
    func add<Handler: FusedHandler>(_ type: Handler.Type, _ handler: @escaping HandlerFunction) {
      table.append(Fusion(type, handler))
    }
    @inline(__always) func andFirstXorSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.And, AsFirst, T.Xor, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.And, AsFirst, T.Xor, AsSecond, T.Sd>.self, andFirstXorSecondSd)
    @inline(__always) func andAndSecondDsll(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.And, InBank, T.And, AsSecond, T.Dsll>.run(a, b, c, d, e)
    }
    add(Three<T.And, InBank, T.And, AsSecond, T.Dsll>.self, andAndSecondDsll)
    @inline(__always) func andSecondXorSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.And, AsSecond, T.Xor, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.And, AsSecond, T.Xor, AsSecond, T.Sd>.self, andSecondXorSecondSd)
    @inline(__always) func andiDaddiSecondDsllv(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Andi, InBank, T.Daddi, AsSecond, T.Dsllv>.run(a, b, c, d, e) }
    add(Three<T.Andi, InBank, T.Daddi, AsSecond, T.Dsllv>.self, andiDaddiSecondDsllv)
    @inline(__always) func daddFirstLdFirstAnd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dadd, AsFirst, T.Ld, AsFirst, T.And>.run(a, b, c, d, e) }
    add(Three<T.Dadd, AsFirst, T.Ld, AsFirst, T.And>.self, daddFirstLdFirstAnd)
    @inline(__always) func daddFirstLdMflo(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Dadd, AsFirst, T.Ld, InBank, T.Mflo>.run(a, b, c, d, e)
    }
    add(Three<T.Dadd, AsFirst, T.Ld, InBank, T.Mflo>.self, daddFirstLdMflo)
    @inline(__always) func daddFirstLwuFirstDsub(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dadd, AsFirst, T.Lwu, AsFirst, T.Dsub>.run(a, b, c, d, e) }
    add(Three<T.Dadd, AsFirst, T.Lwu, AsFirst, T.Dsub>.self, daddFirstLwuFirstDsub)
    @inline(__always) func daddSecondSdSltu(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Dadd, AsSecond, T.Sd, InBank, T.Sltu>.run(a, b, c, d, e)
    }
    add(Three<T.Dadd, AsSecond, T.Sd, InBank, T.Sltu>.self, daddSecondSdSltu)
    @inline(__always) func daddiFirstDaddFirstLbu(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Daddi, AsFirst, T.Dadd, AsFirst, T.Lbu>.run(a, b, c, d, e) }
    add(Three<T.Daddi, AsFirst, T.Dadd, AsFirst, T.Lbu>.self, daddiFirstDaddFirstLbu)
    @inline(__always) func daddiFirstDaddFirstLd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Daddi, AsFirst, T.Dadd, AsFirst, T.Ld>.run(a, b, c, d, e) }
    add(Three<T.Daddi, AsFirst, T.Dadd, AsFirst, T.Ld>.self, daddiFirstDaddFirstLd)
    @inline(__always) func daddiFirstSdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { Three<T.Daddi, AsFirst, T.Sd, InBank, T.Daddi>.run(a, b, c, d, e) }
    add(Three<T.Daddi, AsFirst, T.Sd, InBank, T.Daddi>.self, daddiFirstSdDaddi)
    @inline(__always) func daddiFirstSdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Daddi, AsFirst, T.Sd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Daddi, AsFirst, T.Sd, InBank, T.Ld>.self, daddiFirstSdLd)
    @inline(__always) func daddiDsllSecondDadd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Daddi, InBank, T.Dsll, AsSecond, T.Dadd>.run(a, b, c, d, e) }
    add(Three<T.Daddi, InBank, T.Dsll, AsSecond, T.Dadd>.self, daddiDsllSecondDadd)
    @inline(__always) func daddiLdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Daddi, InBank, T.Ld, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Daddi, InBank, T.Ld, InBank, T.Daddi>.self, daddiLdDaddi)
    @inline(__always) func daddiMfloSecondDadd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Daddi, InBank, T.Mflo, AsSecond, T.Dadd>.run(a, b, c, d, e) }
    add(Three<T.Daddi, InBank, T.Mflo, AsSecond, T.Dadd>.self, daddiMfloSecondDadd)
    @inline(__always) func daddiSdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Daddi, InBank, T.Sd, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Daddi, InBank, T.Sd, InBank, T.Daddi>.self, daddiSdDaddi)
    @inline(__always) func daddiSecondDsllSecondDsrl(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Daddi, AsSecond, T.Dsll, AsSecond, T.Dsrl>.run(a, b, c, d, e) }
    add(Three<T.Daddi, AsSecond, T.Dsll, AsSecond, T.Dsrl>.self, daddiSecondDsllSecondDsrl)
    @inline(__always) func daddiSecondSdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Daddi, AsSecond, T.Sd, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Daddi, AsSecond, T.Sd, InBank, T.Sd>.self, daddiSecondSdSd)
    @inline(__always) func dsllDaddiLui(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Dsll, InBank, T.Daddi, InBank, T.Lui>.run(a, b, c, d, e)
    }
    add(Three<T.Dsll, InBank, T.Daddi, InBank, T.Lui>.self, dsllDaddiLui)
    @inline(__always) func dsllSecondDaddFirstLd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dsll, AsSecond, T.Dadd, AsFirst, T.Ld>.run(a, b, c, d, e) }
    add(Three<T.Dsll, AsSecond, T.Dadd, AsFirst, T.Ld>.self, dsllSecondDaddFirstLd)
    @inline(__always) func dsllSecondDsrlSecondDsrl(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dsll, AsSecond, T.Dsrl, AsSecond, T.Dsrl>.run(a, b, c, d, e) }
    add(Three<T.Dsll, AsSecond, T.Dsrl, AsSecond, T.Dsrl>.self, dsllSecondDsrlSecondDsrl)
    @inline(__always) func dsrlFirstOrSecondXor(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dsrl, AsFirst, T.Or, AsSecond, T.Xor>.run(a, b, c, d, e) }
    add(Three<T.Dsrl, AsFirst, T.Or, AsSecond, T.Xor>.self, dsrlFirstOrSecondXor)
    @inline(__always) func dsrlLuiFirstDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Dsrl, InBank, T.Lui, AsFirst, T.Dadd>.run(a, b, c, d, e)
    }
    add(Three<T.Dsrl, InBank, T.Lui, AsFirst, T.Dadd>.self, dsrlLuiFirstDadd)
    @inline(__always) func dsrlMfloSecondDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int)
    { Three<T.Dsrl, InBank, T.Mflo, AsSecond, T.Dadd>.run(a, b, c, d, e) }
    add(Three<T.Dsrl, InBank, T.Mflo, AsSecond, T.Dadd>.self, dsrlMfloSecondDadd)
    @inline(__always) func dsrlSecondOrSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dsrl, AsSecond, T.Or, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.Dsrl, AsSecond, T.Or, AsSecond, T.Sd>.self, dsrlSecondOrSecondSd)
    @inline(__always) func dsubSecondAndLui(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Dsub, AsSecond, T.And, InBank, T.Lui>.run(a, b, c, d, e)
    }
    add(Three<T.Dsub, AsSecond, T.And, InBank, T.Lui>.self, dsubSecondAndLui)
    @inline(__always) func dsubSecondDsraSecondAnd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Dsub, AsSecond, T.Dsra, AsSecond, T.And>.run(a, b, c, d, e) }
    add(Three<T.Dsub, AsSecond, T.Dsra, AsSecond, T.And>.self, dsubSecondDsraSecondAnd)
    @inline(__always) func lbuSecondDsllFirstOr(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Lbu, AsSecond, T.Dsll, AsFirst, T.Or>.run(a, b, c, d, e) }
    add(Three<T.Lbu, AsSecond, T.Dsll, AsFirst, T.Or>.self, lbuSecondDsllFirstOr)
    @inline(__always) func lbuSecondDsllSecondDadd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Lbu, AsSecond, T.Dsll, AsSecond, T.Dadd>.run(a, b, c, d, e) }
    add(Three<T.Lbu, AsSecond, T.Dsll, AsSecond, T.Dadd>.self, lbuSecondDsllSecondDadd)
    @inline(__always) func ldFirstDaddSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsFirst, T.Dadd, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsFirst, T.Dadd, AsSecond, T.Sd>.self, ldFirstDaddSecondSd)
    @inline(__always) func ldFirstDaddiSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsFirst, T.Daddi, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsFirst, T.Daddi, AsSecond, T.Sd>.self, ldFirstDaddiSecondSd)
    @inline(__always) func ldFirstLbDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Lb, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Lb, InBank, T.Daddi>.self, ldFirstLbDaddi)
    @inline(__always) func ldFirstLbLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Lb, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Lb, InBank, T.Ld>.self, ldFirstLbLd)
    @inline(__always) func ldFirstLdFirstLb(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Ld, AsFirst, T.Lb>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Ld, AsFirst, T.Lb>.self, ldFirstLdFirstLb)
    @inline(__always) func ldFirstLdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Ld, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Ld, InBank, T.Ld>.self, ldFirstLdLd)
    @inline(__always) func ldFirstNorLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Nor, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Nor, InBank, T.Ld>.self, ldFirstNorLd)
    @inline(__always) func ldFirstXorLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsFirst, T.Xor, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsFirst, T.Xor, InBank, T.Ld>.self, ldFirstXorLd)
    @inline(__always) func ldFirstXorSecondAnd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsFirst, T.Xor, AsSecond, T.And>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsFirst, T.Xor, AsSecond, T.And>.self, ldFirstXorSecondAnd)
    @inline(__always) func ldFirstXorSecondDsll(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsFirst, T.Xor, AsSecond, T.Dsll>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsFirst, T.Xor, AsSecond, T.Dsll>.self, ldFirstXorSecondDsll)
    @inline(__always) func ldDaddiSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Daddi, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Daddi, InBank, T.Sd>.self, ldDaddiSd)
    @inline(__always) func ldDsllFirstDadd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Dsll, AsFirst, T.Dadd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Dsll, AsFirst, T.Dadd>.self, ldDsllFirstDadd)
    @inline(__always) func ldLdFirstLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, AsFirst, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, AsFirst, T.Ld>.self, ldLdFirstLd)
    @inline(__always) func ldLdFirstNor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, AsFirst, T.Nor>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, AsFirst, T.Nor>.self, ldLdFirstNor)
    @inline(__always) func ldLdFirstXor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, AsFirst, T.Xor>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, AsFirst, T.Xor>.self, ldLdFirstXor)
    @inline(__always) func ldLdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, InBank, T.Daddi>.self, ldLdDaddi)
    @inline(__always) func ldLdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, InBank, T.Ld>.self, ldLdLd)
    @inline(__always) func ldLdOr(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, InBank, T.Or>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, InBank, T.Or>.self, ldLdOr)
    @inline(__always) func ldLdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, InBank, T.Sd>.self, ldLdSd)
    @inline(__always) func ldLdSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Ld, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Ld, AsSecond, T.Sd>.self, ldLdSecondSd)
    @inline(__always) func ldSdDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Sd, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Sd, InBank, T.Daddi>.self, ldSdDaddi)
    @inline(__always) func ldSdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, InBank, T.Sd, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, InBank, T.Sd, InBank, T.Sd>.self, ldSdSd)
    @inline(__always) func ldSecondAndFirstXor(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsSecond, T.And, AsFirst, T.Xor>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsSecond, T.And, AsFirst, T.Xor>.self, ldSecondAndFirstXor)
    @inline(__always) func ldSecondDaddSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsSecond, T.Dadd, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsSecond, T.Dadd, AsSecond, T.Sd>.self, ldSecondDaddSecondSd)
    @inline(__always) func ldSecondDsrlAnd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsSecond, T.Dsrl, InBank, T.And>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsSecond, T.Dsrl, InBank, T.And>.self, ldSecondDsrlAnd)
    @inline(__always) func ldSecondDsrlLui(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsSecond, T.Dsrl, InBank, T.Lui>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsSecond, T.Dsrl, InBank, T.Lui>.self, ldSecondDsrlLui)
    @inline(__always) func ldSecondSdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsSecond, T.Sd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsSecond, T.Sd, InBank, T.Ld>.self, ldSecondSdLd)
    @inline(__always) func ldSecondSdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsSecond, T.Sd, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsSecond, T.Sd, InBank, T.Sd>.self, ldSecondSdSd)
    @inline(__always) func ldSecondSltuSecondSb(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsSecond, T.Sltu, AsSecond, T.Sb>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsSecond, T.Sltu, AsSecond, T.Sb>.self, ldSecondSltuSecondSb)
    @inline(__always) func ldSecondXorDaddi(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Ld, AsSecond, T.Xor, InBank, T.Daddi>.run(a, b, c, d, e)
    }
    add(Three<T.Ld, AsSecond, T.Xor, InBank, T.Daddi>.self, ldSecondXorDaddi)
    @inline(__always) func ldSecondXorSecondSd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Ld, AsSecond, T.Xor, AsSecond, T.Sd>.run(a, b, c, d, e) }
    add(Three<T.Ld, AsSecond, T.Xor, AsSecond, T.Sd>.self, ldSecondXorSecondSd)
    @inline(__always) func luiFirstDaddFirstDaddi(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Daddi>.run(a, b, c, d, e) }
    add(Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Daddi>.self, luiFirstDaddFirstDaddi)
    @inline(__always) func luiFirstDaddFirstLd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Ld>.run(a, b, c, d, e) }
    add(Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Ld>.self, luiFirstDaddFirstLd)
    @inline(__always) func luiFirstDaddFirstLwu(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Lwu>.run(a, b, c, d, e) }
    add(Three<T.Lui, AsFirst, T.Dadd, AsFirst, T.Lwu>.self, luiFirstDaddFirstLwu)
    @inline(__always) func norLdSecondAnd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Nor, InBank, T.Ld, AsSecond, T.And>.run(a, b, c, d, e)
    }
    add(Three<T.Nor, InBank, T.Ld, AsSecond, T.And>.self, norLdSecondAnd)
    @inline(__always) func orOrOr(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Or, InBank, T.Or, InBank, T.Or>.run(a, b, c, d, e)
    }
    add(Three<T.Or, InBank, T.Or, InBank, T.Or>.self, orOrOr)
    @inline(__always) func sbLdFirstLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sb, InBank, T.Ld, AsFirst, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Sb, InBank, T.Ld, AsFirst, T.Ld>.self, sbLdFirstLd)
    @inline(__always) func sdDaddiFirstSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Daddi, AsFirst, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Daddi, AsFirst, T.Sd>.self, sdDaddiFirstSd)
    @inline(__always) func sdDaddiLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Daddi, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Daddi, InBank, T.Ld>.self, sdDaddiLd)
    @inline(__always) func sdDaddiSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Daddi, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Daddi, AsSecond, T.Sd>.self, sdDaddiSecondSd)
    @inline(__always) func sdLdFirstLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Ld, AsFirst, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Ld, AsFirst, T.Ld>.self, sdLdFirstLd)
    @inline(__always) func sdLdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Ld, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Ld, InBank, T.Ld>.self, sdLdLd)
    @inline(__always) func sdLdSecondSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Ld, AsSecond, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Ld, AsSecond, T.Sd>.self, sdLdSecondSd)
    @inline(__always) func sdSdLbu(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Sd, InBank, T.Lbu>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Sd, InBank, T.Lbu>.self, sdSdLbu)
    @inline(__always) func sdSdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Sd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Sd, InBank, T.Ld>.self, sdSdLd)
    @inline(__always) func sdSdSd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Sd, InBank, T.Sd, InBank, T.Sd>.run(a, b, c, d, e)
    }
    add(Three<T.Sd, InBank, T.Sd, InBank, T.Sd>.self, sdSdSd)
    @inline(__always) func sllFirstAndiFirstDsllv(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Sll, AsFirst, T.Andi, AsFirst, T.Dsllv>.run(a, b, c, d, e) }
    add(Three<T.Sll, AsFirst, T.Andi, AsFirst, T.Dsllv>.self, sllFirstAndiFirstDsllv)
    @inline(__always) func sltiuSecondDsubSecondAnd(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Sltiu, AsSecond, T.Dsub, AsSecond, T.And>.run(a, b, c, d, e) }
    add(Three<T.Sltiu, AsSecond, T.Dsub, AsSecond, T.And>.self, sltiuSecondDsubSecondAnd)
    @inline(__always) func subFirstDsrlvFirstOr(
      _ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int
    ) { Three<T.Sub, AsFirst, T.Dsrlv, AsFirst, T.Or>.run(a, b, c, d, e) }
    add(Three<T.Sub, AsFirst, T.Dsrlv, AsFirst, T.Or>.self, subFirstDsrlvFirstOr)
    @inline(__always) func xorLdFirstXor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Xor, InBank, T.Ld, AsFirst, T.Xor>.run(a, b, c, d, e)
    }
    add(Three<T.Xor, InBank, T.Ld, AsFirst, T.Xor>.self, xorLdFirstXor)
    @inline(__always) func xorXorXor(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Xor, InBank, T.Xor, InBank, T.Xor>.run(a, b, c, d, e)
    }
    add(Three<T.Xor, InBank, T.Xor, InBank, T.Xor>.self, xorXorXor)
    @inline(__always) func xorSecondSdLd(_ a: Op, _ b: Bytes, _ c: Bytes, _ d: Bytes, _ e: Int) {
      Three<T.Xor, AsSecond, T.Sd, InBank, T.Ld>.run(a, b, c, d, e)
    }
    add(Three<T.Xor, AsSecond, T.Sd, InBank, T.Ld>.self, xorSecondSdLd)
    return table
  }()
}

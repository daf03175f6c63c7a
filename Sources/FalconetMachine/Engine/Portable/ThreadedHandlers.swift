/// The handlers of the portable engine, by the number of their operation.
///
/// A 32-bit machine's registers are sign-extended, so what is done with 64 bits serves both.
enum ThreadedHandlers {
  /// By operation; nil where an operation has no handler of its own and goes to ``Threaded/rare(_:_:_:_:_:)``.
  static let own: [ThreadedHandler?] = {
    var table = [ThreadedHandler?](repeating: nil, count: 256)
    func set(_ operation: Operation, _ handler: @escaping ThreadedHandler) {
      table[Int(operation.rawValue)] = handler
    }
    typealias A = Arithmetic<UInt64>
    set(.sll) { Threaded.shift($0, $1, $2, $3, $4) { A.shiftLeft($0, by: $1) } }
    set(.srl) { Threaded.shift($0, $1, $2, $3, $4) { A.shiftRight($0, by: $1) } }
    set(.sra) { Threaded.shift($0, $1, $2, $3, $4) { A.shiftRightArithmetic($0, by: $1) } }
    set(.dsll) { Threaded.shift($0, $1, $2, $3, $4) { $0 &<< UInt64($1) } }
    set(.dsrl) { Threaded.shift($0, $1, $2, $3, $4) { $0 &>> UInt64($1) } }
    set(.dsra) {
      Threaded.shift($0, $1, $2, $3, $4) { UInt64(bitPattern: Int64(bitPattern: $0) &>> Int64($1)) }
    }
    set(.sllv) { Threaded.binary($0, $1, $2, $3, $4) { A.shiftLeft($1, by: $0.low32 & 31) } }
    set(.srlv) { Threaded.binary($0, $1, $2, $3, $4) { A.shiftRight($1, by: $0.low32 & 31) } }
    set(.srav) {
      Threaded.binary($0, $1, $2, $3, $4) { A.shiftRightArithmetic($1, by: $0.low32 & 31) }
    }
    set(.dsllv) { Threaded.binary($0, $1, $2, $3, $4) { $1 &<< $0 } }
    set(.dsrlv) { Threaded.binary($0, $1, $2, $3, $4) { $1 &>> $0 } }
    set(.dsrav) {
      Threaded.binary($0, $1, $2, $3, $4) {
        UInt64(bitPattern: Int64(bitPattern: $1) &>> Int64(bitPattern: $0))
      }
    }
    set(.add) { Threaded.binary($0, $1, $2, $3, $4) { A.add($0, $1) } }
    set(.sub) { Threaded.binary($0, $1, $2, $3, $4) { A.subtract($0, $1) } }
    set(.dadd) { Threaded.binary($0, $1, $2, $3, $4) { $0 &+ $1 } }
    set(.dsub) { Threaded.binary($0, $1, $2, $3, $4) { $0 &- $1 } }
    set(.and) { Threaded.binary($0, $1, $2, $3, $4) { $0 & $1 } }
    set(.or) { Threaded.binary($0, $1, $2, $3, $4) { $0 | $1 } }
    set(.xor) { Threaded.binary($0, $1, $2, $3, $4) { $0 ^ $1 } }
    set(.nor) { Threaded.binary($0, $1, $2, $3, $4) { ~($0 | $1) } }
    set(.slt) { Threaded.binary($0, $1, $2, $3, $4) { A.isLess($0, $1) } }
    set(.sltu) { Threaded.binary($0, $1, $2, $3, $4) { A.isBelow($0, $1) } }
    set(.mul) { Threaded.binary($0, $1, $2, $3, $4) { A.multiplyLow($0, $1) } }
    set(.addi) { Threaded.immediate($0, $1, $2, $3, $4) { A.add($0, $1) } }
    set(.daddi) { Threaded.immediate($0, $1, $2, $3, $4) { $0 &+ $1 } }
    set(.slti) { Threaded.immediate($0, $1, $2, $3, $4) { A.isLess($0, $1) } }
    set(.sltiu) { Threaded.immediate($0, $1, $2, $3, $4) { A.isBelow($0, $1) } }
    set(.andi) { Threaded.immediate($0, $1, $2, $3, $4) { $0 & $1 } }
    set(.ori) { Threaded.immediate($0, $1, $2, $3, $4) { $0 | $1 } }
    set(.xori) { Threaded.immediate($0, $1, $2, $3, $4) { $0 ^ $1 } }
    set(.lui) { Threaded.immediate($0, $1, $2, $3, $4) { _, immediate in immediate } }
    set(.mfhi) {
      Threaded.write($0, $1, Threaded.read($1, RegisterBank.hi))
      Threaded.next($0, $1, $2, $3, $4)
    }
    set(.mflo) {
      Threaded.write($0, $1, Threaded.read($1, RegisterBank.lo))
      Threaded.next($0, $1, $2, $3, $4)
    }
    set(.movz) {
      if Threaded.second($0, $1) == 0 { Threaded.write($0, $1, Threaded.first($0, $1)) }
      Threaded.next($0, $1, $2, $3, $4)
    }
    set(.movn) {
      if Threaded.second($0, $1) != 0 { Threaded.write($0, $1, Threaded.first($0, $1)) }
      Threaded.next($0, $1, $2, $3, $4)
    }
    set(.lb) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside1, Int8.self) }
    set(.lbu) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside1, UInt8.self) }
    set(.lh) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside2, Int16.self) }
    set(.lhu) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside2, UInt16.self) }
    set(.lw) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside4, Int32.self) }
    set(.lwu) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside4, UInt32.self) }
    set(.ld) { Threaded.load($0, $1, $2, $3, $4, RegisterBank.outside8, UInt64.self) }
    set(.sb) { Threaded.store($0, $1, $2, $3, $4, RegisterBank.outside1, UInt8.self) }
    set(.sh) { Threaded.store($0, $1, $2, $3, $4, RegisterBank.outside2, UInt16.self) }
    set(.sw) { Threaded.store($0, $1, $2, $3, $4, RegisterBank.outside4, UInt32.self) }
    set(.sd) { Threaded.store($0, $1, $2, $3, $4, RegisterBank.outside8, UInt64.self) }
    return table
  }()

  /// By number: the operations' and, behind them, those of ``ThreadedExit``.
  static let all: [ThreadedHandler] = {
    var table = own.map { $0 ?? { Threaded.rare($0, $1, $2, $3, $4) } }
    func set(_ condition: BranchExit.Condition, _ handler: @escaping ThreadedHandler) {
      table[Int(ThreadedExit.conditions + condition.rawValue)] = handler
    }
    table[Int(ThreadedExit.jump)] = { Threaded.enter(Threaded.link($0, 0), $1, $2, $3, $4) }
    table[Int(ThreadedExit.indirect)] = { Threaded.indirect($0, $1, $2, $3, $4) }
    table[Int(ThreadedExit.leave)] = { op, bank, _, _, left in
      Threaded.exit(bank, .leave, at: op.load(fromByteOffset: 16, as: UInt64.self), left)
    }
    table[Int(ThreadedExit.unprepared)] = { op, bank, _, _, left in
      Threaded.exit(bank, .unprepared, at: op.load(fromByteOffset: 16, as: UInt64.self), left)
    }
    set(.equal) { Threaded.branch($0, $1, $2, $3, $4) { $0 == $1 } }
    set(.notEqual) { Threaded.branch($0, $1, $2, $3, $4) { $0 != $1 } }
    set(.notPositive) { Threaded.branch($0, $1, $2, $3, $4) { a, _ in a <= 0 } }
    set(.positive) { Threaded.branch($0, $1, $2, $3, $4) { a, _ in a > 0 } }
    set(.negative) { Threaded.branch($0, $1, $2, $3, $4) { a, _ in a < 0 } }
    set(.notNegative) { Threaded.branch($0, $1, $2, $3, $4) { a, _ in a >= 0 } }
    set(.less) { Threaded.compare($0, $1, $2, $3, $4, taken: true) { $0.signed < $1.signed } }
    set(.notLess) { Threaded.compare($0, $1, $2, $3, $4, taken: false) { $0.signed < $1.signed } }
    set(.below) { Threaded.compare($0, $1, $2, $3, $4, taken: true) { $0 < $1 } }
    set(.notBelow) { Threaded.compare($0, $1, $2, $3, $4, taken: false) { $0 < $1 } }
    return table
  }()
}

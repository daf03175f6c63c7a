/// The handlers of the portable engine, by the number of their operation.
///
/// A 32-bit machine's registers are sign-extended, so what is done with 64 bits serves both.
enum HandlerTable {
  /// By operation; nil if an operation has no handler of its own and goes to ``Handler/rare(_:_:_:_:_:)``.
  static let own: [HandlerFunction?] = {
    var table = [HandlerFunction?](repeating: nil, count: 256)
    func set(_ operation: Operation, _ handler: @escaping HandlerFunction) {
      table[Int(operation.rawValue)] = handler
    }
    typealias A = Arithmetic<UInt64>
    set(.sll) { Handler.shift($0, $1, $2, $3, $4) { A.shiftLeft($0, by: $1) } }
    set(.srl) { Handler.shift($0, $1, $2, $3, $4) { A.shiftRight($0, by: $1) } }
    set(.sra) { Handler.shift($0, $1, $2, $3, $4) { A.shiftRightArithmetic($0, by: $1) } }
    set(.dsll) { Handler.shift($0, $1, $2, $3, $4) { $0 &<< UInt64($1) } }
    set(.dsrl) { Handler.shift($0, $1, $2, $3, $4) { $0 &>> UInt64($1) } }
    set(.dsra) {
      Handler.shift($0, $1, $2, $3, $4) { UInt64(bitPattern: Int64(bitPattern: $0) &>> Int64($1)) }
    }
    set(.sllv) { Handler.binary($0, $1, $2, $3, $4) { A.shiftLeft($1, by: $0.low32 & 31) } }
    set(.srlv) { Handler.binary($0, $1, $2, $3, $4) { A.shiftRight($1, by: $0.low32 & 31) } }
    set(.srav) {
      Handler.binary($0, $1, $2, $3, $4) { A.shiftRightArithmetic($1, by: $0.low32 & 31) }
    }
    set(.dsllv) { Handler.binary($0, $1, $2, $3, $4) { $1 &<< $0 } }
    set(.dsrlv) { Handler.binary($0, $1, $2, $3, $4) { $1 &>> $0 } }
    set(.dsrav) {
      Handler.binary($0, $1, $2, $3, $4) {
        UInt64(bitPattern: Int64(bitPattern: $1) &>> Int64(bitPattern: $0))
      }
    }
    set(.add) { Handler.binary($0, $1, $2, $3, $4) { A.add($0, $1) } }
    set(.sub) { Handler.binary($0, $1, $2, $3, $4) { A.subtract($0, $1) } }
    set(.dadd) { Handler.binary($0, $1, $2, $3, $4) { $0 &+ $1 } }
    set(.dsub) { Handler.binary($0, $1, $2, $3, $4) { $0 &- $1 } }
    set(.and) { Handler.binary($0, $1, $2, $3, $4) { $0 & $1 } }
    set(.or) { Handler.binary($0, $1, $2, $3, $4) { $0 | $1 } }
    set(.xor) { Handler.binary($0, $1, $2, $3, $4) { $0 ^ $1 } }
    set(.nor) { Handler.binary($0, $1, $2, $3, $4) { ~($0 | $1) } }
    set(.slt) { Handler.binary($0, $1, $2, $3, $4) { A.isLess($0, $1) } }
    set(.sltu) { Handler.binary($0, $1, $2, $3, $4) { A.isBelow($0, $1) } }
    set(.mul) { Handler.binary($0, $1, $2, $3, $4) { A.multiplyLow($0, $1) } }
    set(.addi) { Handler.immediate($0, $1, $2, $3, $4) { A.add($0, $1) } }
    set(.daddi) { Handler.immediate($0, $1, $2, $3, $4) { $0 &+ $1 } }
    set(.slti) { Handler.immediate($0, $1, $2, $3, $4) { A.isLess($0, $1) } }
    set(.sltiu) { Handler.immediate($0, $1, $2, $3, $4) { A.isBelow($0, $1) } }
    set(.andi) { Handler.immediate($0, $1, $2, $3, $4) { $0 & $1 } }
    set(.ori) { Handler.immediate($0, $1, $2, $3, $4) { $0 | $1 } }
    set(.xori) { Handler.immediate($0, $1, $2, $3, $4) { $0 ^ $1 } }
    set(.lui) { Handler.immediate($0, $1, $2, $3, $4) { _, immediate in immediate } }
    set(.mfhi) {
      Handler.write($0, $1, Handler.read($1, RegisterBank.hi))
      Handler.next($0, $1, $2, $3, $4)
    }
    set(.mflo) {
      Handler.write($0, $1, Handler.read($1, RegisterBank.lo))
      Handler.next($0, $1, $2, $3, $4)
    }
    set(.movz) {
      if Handler.second($0, $1) == 0 { Handler.write($0, $1, Handler.first($0, $1)) }
      Handler.next($0, $1, $2, $3, $4)
    }
    set(.movn) {
      if Handler.second($0, $1) != 0 { Handler.write($0, $1, Handler.first($0, $1)) }
      Handler.next($0, $1, $2, $3, $4)
    }
    set(.lb) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside1, Int8.self, isChecked: false)
    }
    set(.lbu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside1, UInt8.self, isChecked: false)
    }
    set(.lh) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside2, Int16.self, isChecked: false)
    }
    set(.lhu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside2, UInt16.self, isChecked: false)
    }
    set(.lw) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside4, Int32.self, isChecked: false)
    }
    set(.lwu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside4, UInt32.self, isChecked: false)
    }
    set(.ld) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside8, UInt64.self, isChecked: false)
    }
    set(.sb) { Handler.store($0, $1, $2, $3, $4, RegisterBank.outside1, UInt8.self) }
    set(.sh) { Handler.store($0, $1, $2, $3, $4, RegisterBank.outside2, UInt16.self) }
    set(.sw) { Handler.store($0, $1, $2, $3, $4, RegisterBank.outside4, UInt32.self) }
    set(.sd) { Handler.store($0, $1, $2, $3, $4, RegisterBank.outside8, UInt64.self) }
    return table
  }()

  /// By number: as ``all``, with loads that leave watched bytes to the plain step.
  static let checked: [HandlerFunction] = {
    var table = all
    func set(_ operation: Operation, _ handler: @escaping HandlerFunction) {
      table[Int(operation.rawValue)] = handler
    }
    set(.lb) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside1, Int8.self, isChecked: true)
    }
    set(.lbu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside1, UInt8.self, isChecked: true)
    }
    set(.lh) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside2, Int16.self, isChecked: true)
    }
    set(.lhu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside2, UInt16.self, isChecked: true)
    }
    set(.lw) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside4, Int32.self, isChecked: true)
    }
    set(.lwu) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside4, UInt32.self, isChecked: true)
    }
    set(.ld) {
      Handler.load($0, $1, $2, $3, $4, RegisterBank.outside8, UInt64.self, isChecked: true)
    }
    return table
  }()

  /// By number: the operations' and, behind them, those of ``PortableExit``.
  static let all: [HandlerFunction] = {
    var table = own.map { $0 ?? { Handler.rare($0, $1, $2, $3, $4) } }
    func set(_ condition: BranchExit.Condition, _ handler: @escaping HandlerFunction) {
      table[Int(PortableExit.conditions + condition.rawValue)] = handler
    }
    table[Int(PortableExit.jump)] = { Handler.enter(Handler.link($0, 0), $1, $2, $3, $4) }
    table[Int(PortableExit.indirect)] = { Handler.indirect($0, $1, $2, $3, $4) }
    table[Int(PortableExit.leave)] = { op, bank, _, _, budget in
      Handler.exit(bank, .leave, at: Handler.trailingAddress(op), budget)
    }
    table[Int(PortableExit.unprepared)] = { op, bank, _, _, budget in
      Handler.exit(bank, .unprepared, at: Handler.trailingAddress(op), budget)
    }
    set(.equal) { Handler.branch($0, $1, $2, $3, $4) { $0 == $1 } }
    set(.notEqual) { Handler.branch($0, $1, $2, $3, $4) { $0 != $1 } }
    set(.notPositive) { Handler.branch($0, $1, $2, $3, $4) { a, _ in a <= 0 } }
    set(.positive) { Handler.branch($0, $1, $2, $3, $4) { a, _ in a > 0 } }
    set(.negative) { Handler.branch($0, $1, $2, $3, $4) { a, _ in a < 0 } }
    set(.notNegative) { Handler.branch($0, $1, $2, $3, $4) { a, _ in a >= 0 } }
    set(.less) { Handler.compare($0, $1, $2, $3, $4, taken: true) { $0.signed < $1.signed } }
    set(.notLess) { Handler.compare($0, $1, $2, $3, $4, taken: false) { $0.signed < $1.signed } }
    set(.below) { Handler.compare($0, $1, $2, $3, $4, taken: true) { $0 < $1 } }
    set(.notBelow) { Handler.compare($0, $1, $2, $3, $4, taken: false) { $0 < $1 } }
    return table
  }()
}

import FalconetMachine

/// The registers that a debugger sees, in the order of gdb's numbers, and the description of them that it
/// reads.
///
/// gdb requires the registers of a MIPS processor's system control and of its floating-point unit. A guest
/// has neither: they read as 0.
enum TargetRegister: Equatable {
  case general(Int)
  case lo, hi, pc
  /// Of the features `cp0` and `fpu`.
  case absent

  static let count = 72

  init?(number: Int) {
    switch number {
    case 0..<32: self = .general(number)
    case 33: self = .lo
    case 34: self = .hi
    case 37: self = .pc
    case 32, 35, 36, 38..<Self.count: self = .absent
    default: return nil
    }
  }

  /// Bytes of a register.
  static func size(_ number: Int, _ wordSize: WordSize) -> Int {
    number >= 70 ? 4 : wordSize.bytes
  }

  func value(of thread: ThreadState) -> UInt64 {
    switch self {
    case .general(let index): thread.registers[index]
    case .lo: thread.lo
    case .hi: thread.hi
    case .pc: thread.pc
    case .absent: 0
    }
  }
}

enum TargetDescription {
  /// The description in gdb's XML.
  static func xml(_ wordSize: WordSize) -> String {
    let bits = wordSize.bytes * 8
    func register(_ name: String, _ number: Int, _ attributes: String = "") -> String {
      "<reg name=\"\(name)\" bitsize=\"\(bits)\" regnum=\"\(number)\"\(attributes)/>\n"
    }
    let general = (0..<32).map { register("r\($0)", $0) }.joined()
    let code = " type=\"code_ptr\""
    let float = " type=\"\(wordSize == .bits64 ? "ieee_double" : "ieee_single")\""
    let floats = (0..<32).map { register("f\($0)", 38 + $0, float) }.joined()
    return """
      <?xml version="1.0"?>
      <!DOCTYPE target SYSTEM "gdb-target.dtd">
      <target version="1.0">
      <architecture>mips</architecture>
      <osabi>none</osabi>
      <feature name="org.gnu.gdb.mips.cpu">
      \(general)\(register("lo", 33))\(register("hi", 34))\(register("pc", 37, code))\
      </feature>
      <feature name="org.gnu.gdb.mips.cp0">
      \(register("status", 32))\(register("badvaddr", 35))\(register("cause", 36))\
      </feature>
      <feature name="org.gnu.gdb.mips.fpu">
      \(floats)<reg name="fcsr" bitsize="32" regnum="70" group="float"/>
      <reg name="fir" bitsize="32" regnum="71" group="float"/>
      </feature>
      </target>

      """
  }
}

/// The parts of handlers: one for each operation and each end of a block that has any.
extension HandlerTable {
  enum Sll: ComputingPart {
    @inline(__always) static var operation: Operation { .sll }
  }
  enum Srl: ComputingPart {
    @inline(__always) static var operation: Operation { .srl }
  }
  enum Sra: ComputingPart {
    @inline(__always) static var operation: Operation { .sra }
  }
  enum Dsll: ComputingPart {
    @inline(__always) static var operation: Operation { .dsll }
  }
  enum Dsrl: ComputingPart {
    @inline(__always) static var operation: Operation { .dsrl }
  }
  enum Dsra: ComputingPart {
    @inline(__always) static var operation: Operation { .dsra }
  }
  enum Sllv: ComputingPart {
    @inline(__always) static var operation: Operation { .sllv }
  }
  enum Srlv: ComputingPart {
    @inline(__always) static var operation: Operation { .srlv }
  }
  enum Srav: ComputingPart {
    @inline(__always) static var operation: Operation { .srav }
  }
  enum Dsllv: ComputingPart {
    @inline(__always) static var operation: Operation { .dsllv }
  }
  enum Dsrlv: ComputingPart {
    @inline(__always) static var operation: Operation { .dsrlv }
  }
  enum Dsrav: ComputingPart {
    @inline(__always) static var operation: Operation { .dsrav }
  }
  enum Movz: ComputingPart {
    @inline(__always) static var operation: Operation { .movz }
  }
  enum Movn: ComputingPart {
    @inline(__always) static var operation: Operation { .movn }
  }
  enum Mfhi: ComputingPart {
    @inline(__always) static var operation: Operation { .mfhi }
  }
  enum Mthi: ComputingPart {
    @inline(__always) static var operation: Operation { .mthi }
  }
  enum Mflo: ComputingPart {
    @inline(__always) static var operation: Operation { .mflo }
  }
  enum Mtlo: ComputingPart {
    @inline(__always) static var operation: Operation { .mtlo }
  }
  enum Mult: ComputingPart {
    @inline(__always) static var operation: Operation { .mult }
  }
  enum Multu: ComputingPart {
    @inline(__always) static var operation: Operation { .multu }
  }
  enum Div: ComputingPart {
    @inline(__always) static var operation: Operation { .div }
  }
  enum Divu: ComputingPart {
    @inline(__always) static var operation: Operation { .divu }
  }
  enum Dmult: ComputingPart {
    @inline(__always) static var operation: Operation { .dmult }
  }
  enum Dmultu: ComputingPart {
    @inline(__always) static var operation: Operation { .dmultu }
  }
  enum Ddiv: ComputingPart {
    @inline(__always) static var operation: Operation { .ddiv }
  }
  enum Ddivu: ComputingPart {
    @inline(__always) static var operation: Operation { .ddivu }
  }
  enum Add: ComputingPart {
    @inline(__always) static var operation: Operation { .add }
  }
  enum Sub: ComputingPart {
    @inline(__always) static var operation: Operation { .sub }
  }
  enum Dadd: ComputingPart {
    @inline(__always) static var operation: Operation { .dadd }
  }
  enum Dsub: ComputingPart {
    @inline(__always) static var operation: Operation { .dsub }
  }
  enum And: ComputingPart {
    @inline(__always) static var operation: Operation { .and }
  }
  enum Or: ComputingPart {
    @inline(__always) static var operation: Operation { .or }
  }
  enum Xor: ComputingPart {
    @inline(__always) static var operation: Operation { .xor }
  }
  enum Nor: ComputingPart {
    @inline(__always) static var operation: Operation { .nor }
  }
  enum Slt: ComputingPart {
    @inline(__always) static var operation: Operation { .slt }
  }
  enum Sltu: ComputingPart {
    @inline(__always) static var operation: Operation { .sltu }
  }
  enum Mul: ComputingPart {
    @inline(__always) static var operation: Operation { .mul }
  }
  enum Clz: ComputingPart {
    @inline(__always) static var operation: Operation { .clz }
  }
  enum Clo: ComputingPart {
    @inline(__always) static var operation: Operation { .clo }
  }
  enum Dclz: ComputingPart {
    @inline(__always) static var operation: Operation { .dclz }
  }
  enum Dclo: ComputingPart {
    @inline(__always) static var operation: Operation { .dclo }
  }
  enum Addi: ComputingPart {
    @inline(__always) static var operation: Operation { .addi }
  }
  enum Daddi: ComputingPart {
    @inline(__always) static var operation: Operation { .daddi }
  }
  enum Slti: ComputingPart {
    @inline(__always) static var operation: Operation { .slti }
  }
  enum Sltiu: ComputingPart {
    @inline(__always) static var operation: Operation { .sltiu }
  }
  enum Andi: ComputingPart {
    @inline(__always) static var operation: Operation { .andi }
  }
  enum Ori: ComputingPart {
    @inline(__always) static var operation: Operation { .ori }
  }
  enum Xori: ComputingPart {
    @inline(__always) static var operation: Operation { .xori }
  }
  enum Lui: ComputingPart {
    @inline(__always) static var operation: Operation { .lui }
  }

  enum Lb: LoadPart {
    typealias Value = Int8
    @inline(__always) static var operation: Operation { .lb }
  }
  enum Lbu: LoadPart {
    typealias Value = UInt8
    @inline(__always) static var operation: Operation { .lbu }
  }
  enum Lh: LoadPart {
    typealias Value = Int16
    @inline(__always) static var operation: Operation { .lh }
  }
  enum Lhu: LoadPart {
    typealias Value = UInt16
    @inline(__always) static var operation: Operation { .lhu }
  }
  enum Lw: LoadPart {
    typealias Value = Int32
    @inline(__always) static var operation: Operation { .lw }
  }
  enum Lwu: LoadPart {
    typealias Value = UInt32
    @inline(__always) static var operation: Operation { .lwu }
  }
  enum Ld: LoadPart {
    typealias Value = UInt64
    @inline(__always) static var operation: Operation { .ld }
  }
  enum Sb: StorePart {
    typealias Value = UInt8
    @inline(__always) static var operation: Operation { .sb }
  }
  enum Sh: StorePart {
    typealias Value = UInt16
    @inline(__always) static var operation: Operation { .sh }
  }
  enum Sw: StorePart {
    typealias Value = UInt32
    @inline(__always) static var operation: Operation { .sw }
  }
  enum Sd: StorePart {
    typealias Value = UInt64
    @inline(__always) static var operation: Operation { .sd }
  }

  enum IfEqual: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .equal }
  }
  enum IfNotEqual: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .notEqual }
  }
  enum IfNotPositive: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .notPositive }
  }
  enum IfPositive: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .positive }
  }
  enum IfNegative: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .negative }
  }
  enum IfNotNegative: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .notNegative }
  }
  enum IfLess: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .less }
  }
  enum IfNotLess: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .notLess }
  }
  enum IfBelow: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .below }
  }
  enum IfNotBelow: BranchPart {
    @inline(__always) static var condition: BranchExit.Condition { .notBelow }
  }
}

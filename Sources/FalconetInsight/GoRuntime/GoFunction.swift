/// A function of a Go program's function table. Its record has 44 bytes and two lists behind them.
struct GoFunction {
  /// The address of its first instruction.
  let entry: UInt64
  /// The address of its record.
  let record: UInt64

  /// Bits of the record's flags (`internal/abi`, FuncFlag).
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// No frame lies above this function's: unwinding ends.
    static let topFrame = Flags(rawValue: 1)
    /// The function sets the stack pointer in ways that the table doesn't tell.
    static let writesStackPointer = Flags(rawValue: 2)
  }
}

extension GoFunctionTable {
  /// The most changes of a value in one function that are looked at.
  private static let changeLimit = 1 << 16

  func name(of function: GoFunction) -> String {
    reader.text(at: names &+ UInt64(reader.int(function.record &+ 4)))
  }

  func flags(of function: GoFunction) -> GoFunction.Flags {
    GoFunction.Flags(rawValue: reader.byte(function.record &+ 41))
  }

  /// Bytes of its arguments and results on the stack; nil for a function in assembly that does not say.
  func argumentSize(of function: GoFunction) -> UInt64? {
    UInt64(exactly: Int32(bitPattern: reader.int(function.record &+ 8)))
  }

  /// Bytes between the stack pointer at `pc` and the one at the function's entry.
  func frameSize(of function: GoFunction, at pc: UInt64) -> UInt64? {
    value(ofTable: reader.int(function.record &+ 16), of: function, at: pc)
      .flatMap { UInt64(exactly: $0) }
  }

  /// The file and line of the instruction at `pc`.
  func line(of function: GoFunction, at pc: UInt64) -> (file: String, line: UInt32)? {
    guard
      let file = value(ofTable: reader.int(function.record &+ 20), of: function, at: pc),
      let line = value(ofTable: reader.int(function.record &+ 24), of: function, at: pc),
      let index = UInt32(exactly: file), let line = UInt32(exactly: line)
    else { return nil }
    let unit = reader.int(function.record &+ 32)
    let offset = reader.int(units &+ (UInt64(unit) &+ UInt64(index)) &* 4)
    guard offset != .max else { return nil }
    return (reader.text(at: files &+ UInt64(offset)), line)
  }

  /// The line of the function's declaration.
  func startLine(of function: GoFunction) -> UInt32 { reader.int(function.record &+ 36) }

  /// A value that changes along a function's instructions, at `pc`.
  ///
  /// The table is a list of pairs: by how much the value changes, zigzag-coded, and over how many
  /// instructions it then holds. It begins with −1 and ends with a change of 0.
  private func value(ofTable table: UInt32, of function: GoFunction, at pc: UInt64) -> Int32? {
    guard table != 0 else { return nil }
    var address = values &+ UInt64(table)
    var position = function.entry
    var value: Int32 = -1
    for index in 0..<Self.changeLimit {
      guard let change = reader.varint(&address), change != 0 || index == 0,
        let length = reader.varint(&address)
      else { return nil }
      value &+= Int32(bitPattern: change >> 1 ^ (0 &- (change & 1)))
      position &+= UInt64(length) &* Self.quantum
      if pc < position { return value }
    }
    return nil
  }

  // MARK: Inlining

  /// One call that the compiler inlined.
  struct InlinedCall {
    var name: String
    /// The address of an instruction that belongs to the caller, at the call.
    var callSite: UInt64
    var startLine: UInt32
  }

  /// The number of a table of values, and of a datum, in the lists behind a record (`internal/abi`).
  private static let inlineIndexTable: UInt64 = 2
  private static let inlineTreeDatum: UInt64 = 3
  /// No function is inlined more deeply.
  private static let inlineDepthLimit = 64

  /// The inlined calls that the instruction at `pc` belongs to, innermost first.
  func inlinedCalls(of function: GoFunction, at pc: UInt64) -> [InlinedCall] {
    guard let tree = inlineTree(of: function) else { return [] }
    var calls: [InlinedCall] = []
    var pc = pc
    while calls.count < Self.inlineDepthLimit, let index = inlineIndex(of: function, at: pc) {
      // A record of 16 bytes: kind, name, call site, line.
      let record = tree &+ UInt64(index) &* 16
      pc = function.entry &+ UInt64(reader.int(record &+ 8))
      calls.append(
        InlinedCall(
          name: reader.text(at: names &+ UInt64(reader.int(record &+ 4))), callSite: pc,
          startLine: reader.int(record &+ 12)))
    }
    return calls
  }

  private func inlineTree(of function: GoFunction) -> UInt64? {
    guard let inlineTrees, UInt64(reader.byte(function.record &+ 43)) > Self.inlineTreeDatum
    else { return nil }
    let tables = UInt64(reader.int(function.record &+ 28))
    let offset = reader.int(function.record &+ 44 &+ (tables &+ Self.inlineTreeDatum) &* 4)
    return offset == .max ? nil : inlineTrees &+ UInt64(offset)
  }

  private func inlineIndex(of function: GoFunction, at pc: UInt64) -> UInt32? {
    guard UInt64(reader.int(function.record &+ 28)) > Self.inlineIndexTable else { return nil }
    let table = reader.int(function.record &+ 44 &+ Self.inlineIndexTable &* 4)
    return value(ofTable: table, of: function, at: pc).flatMap { UInt32(exactly: $0) }
  }
}

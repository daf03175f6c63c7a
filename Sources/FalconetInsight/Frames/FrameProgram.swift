import FalconetMachine

/// Executes the instructions of call frames (DWARF, "Call Frame Instructions") up to an address.
///
/// What they may come to is bounded: each byte is executed once, and states are saved only so
/// deep.
struct FrameProgram {
  /// What all functions of a kind have in common.
  struct Common {
    var codeFactor: UInt64
    var dataFactor: Int64
    var returnAddress: Int
    /// How addresses are written.
    var encoding: UInt8
    var instructions: Range<Int>
    /// Whether functions have fields of their own behind their size, whose length stands before them.
    var hasAugmentation = false
  }

  private static let stackLimit = 64
  private static let registerCount = 32

  private let common: Common
  private let sectionAddress: UInt64
  private var row = FrameRow()
  private var initial = FrameRow()
  private var stack: [FrameRow] = []
  private var location: UInt64

  /// - Parameter start: the function's first instruction.
  init(_ common: Common, start: UInt64, sectionAt address: UInt64) {
    self.common = common
    sectionAddress = address
    location = start
    row.returnAddress = common.returnAddress
  }

  /// The row at an address, or nil if the instructions are corrupt.
  mutating func row(
    at address: UInt64, _ instructions: Range<Int>, in bytes: [UInt8], _ wordSize: WordSize
  ) -> FrameRow? {
    let start = location
    guard execute(FrameBytes(bytes, common.instructions, wordSize), upTo: .max) != nil else {
      return nil
    }
    initial = row
    location = start
    guard execute(FrameBytes(bytes, instructions, wordSize), upTo: address) != nil else {
      return nil
    }
    return row
  }

  /// Returns nil if an instruction is corrupt.
  private mutating func execute(_ bytes: FrameBytes, upTo address: UInt64) -> Void? {
    var bytes = bytes
    while !bytes.isAtEnd {
      guard let code = bytes.byte() else { return nil }
      let low = UInt64(code & 0x3F)
      switch code >> 6 {
      case 1: location &+= low &* common.codeFactor
      case 2:
        guard let offset = bytes.leb() else { return nil }
        set(low, .saved(scaled(offset)))
      case 3: restore(low)
      default:
        guard extended(code, &bytes) != nil else { return nil }
      }
      if location > address { return () }
    }
    return ()
  }

  private func scaled(_ offset: UInt64) -> Int64 {
    Int64(bitPattern: offset) &* common.dataFactor
  }

  private mutating func set(_ register: UInt64, _ rule: FrameRow.Rule) {
    // Those of floating point and others are not used here.
    guard register < UInt64(Self.registerCount) else { return }
    row.rules[Int(register)] = rule
  }

  private mutating func restore(_ register: UInt64) {
    guard register < UInt64(Self.registerCount) else { return }
    row.rules[Int(register)] = initial.rules[Int(register)]
  }

  private mutating func setBase(_ register: UInt64) -> Void? {
    guard register < UInt64(Self.registerCount) else { return nil }
    row.base = Int(register)
    return ()
  }

  private mutating func advance(_ count: Int, _ bytes: inout FrameBytes) -> Void? {
    guard let delta = bytes.unsigned(count) else { return nil }
    location &+= delta &* common.codeFactor
    return ()
  }

  /// A register and a number behind it.
  private func pair(_ bytes: inout FrameBytes) -> (UInt64, UInt64)? {
    guard let first = bytes.leb(), let second = bytes.leb() else { return nil }
    return (first, second)
  }

  private func signedPair(_ bytes: inout FrameBytes) -> (UInt64, Int64)? {
    guard let first = bytes.leb(), let second = bytes.signedLEB() else { return nil }
    return (first, second &* common.dataFactor)
  }

  private mutating func extended(_ code: UInt8, _ bytes: inout FrameBytes) -> Void? {
    switch code {
    case 0x00: return ()  // DW_CFA_nop
    case 0x01:  // DW_CFA_set_loc
      guard let place = bytes.pointer(common.encoding, sectionAt: sectionAddress) else {
        return nil
      }
      location = place
      return ()
    case 0x02: return advance(1, &bytes)
    case 0x03: return advance(2, &bytes)
    case 0x04: return advance(4, &bytes)
    case 0x1D: return advance(8, &bytes)  // DW_CFA_MIPS_advance_loc8
    case 0x05: return pair(&bytes).map { set($0, .saved(scaled($1))) }  // DW_CFA_offset_extended
    case 0x06: return bytes.leb().map { restore($0) }  // DW_CFA_restore_extended
    case 0x07: return bytes.leb().map { set($0, .undefined) }  // DW_CFA_undefined
    case 0x08: return bytes.leb().map { set($0, .same) }  // DW_CFA_same_value
    case 0x09:  // DW_CFA_register
      guard let (register, holder) = pair(&bytes), holder < UInt64(Self.registerCount) else {
        return nil
      }
      return set(register, .register(Int(holder)))
    case 0x0A:  // DW_CFA_remember_state
      guard stack.count < Self.stackLimit else { return nil }
      return stack.append(row)
    case 0x0B:  // DW_CFA_restore_state
      guard let saved = stack.popLast() else { return nil }
      row = saved
      return ()
    case 0x0C:  // DW_CFA_def_cfa
      guard let (register, offset) = pair(&bytes) else { return nil }
      row.offset = Int64(bitPattern: offset)
      return setBase(register)
    case 0x0D: return bytes.leb().flatMap { setBase($0) }  // DW_CFA_def_cfa_register
    case 0x0E: return bytes.leb().map { row.offset = Int64(bitPattern: $0) }  // …_def_cfa_offset
    case 0x12:  // DW_CFA_def_cfa_sf
      guard let (register, offset) = signedPair(&bytes) else { return nil }
      row.offset = offset
      return setBase(register)
    case 0x13:  // DW_CFA_def_cfa_offset_sf
      return bytes.signedLEB().map { row.offset = $0 &* common.dataFactor }
    case 0x0F:  // DW_CFA_def_cfa_expression
      row.base = nil
      return skipBlock(&bytes)
    case 0x10, 0x16:  // DW_CFA_expression, DW_CFA_val_expression
      guard let register = bytes.leb() else { return nil }
      set(register, .expression)
      return skipBlock(&bytes)
    case 0x11: return signedPair(&bytes).map { set($0, .saved($1)) }  // DW_CFA_offset_extended_sf
    case 0x14: return pair(&bytes).map { set($0, .frame(scaled($1))) }  // DW_CFA_val_offset
    case 0x15: return signedPair(&bytes).map { set($0, .frame($1)) }  // DW_CFA_val_offset_sf
    case 0x2E: return bytes.leb().map { _ in () }  // DW_CFA_GNU_args_size
    case 0x2F:  // DW_CFA_GNU_negative_offset_extended
      return pair(&bytes).map { set($0, .saved(0 &- scaled($1))) }
    default: return nil
    }
  }

  private func skipBlock(_ bytes: inout FrameBytes) -> Void? {
    guard let count = bytes.leb(), bytes.skip(count) else { return nil }
    return ()
  }
}

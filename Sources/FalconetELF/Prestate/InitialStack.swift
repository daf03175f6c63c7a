import FalconetMachine

/// What a program finds on its stack: arguments, environment and auxiliary vector.
///
/// The same for every program that a loader loads for one word size, so that the prestate is a
/// function of the program and the loader alone.
struct InitialStack {
  /// The stack pointer.
  let address: UInt64
  /// The bytes from the stack pointer up.
  let bytes: [UInt8]

  /// How much of the stack exists at the start: four pages below the stack pointer, one above.
  static let sizeBelow: UInt64 = 4 * 4096
  static let sizeAbove: UInt64 = 4096

  /// Keys of the auxiliary vector, from Linux's uapi/linux/auxvec.h.
  private static let pageSizeKey: UInt64 = 6
  private static let randomKey: UInt64 = 25

  private static let random = "4;byfairdiceroll"
  private static let environment = "GODEBUG=memprofilerate=0"
  private static let program = "op-program"

  init(_ wordSize: WordSize, at address: UInt64, _ layout: LoaderRules.Stack) {
    self.address = address
    switch layout {
    case .arguments: bytes = Self.arguments(wordSize, at: address)
    case .bare: bytes = Self.bare(wordSize, at: address)
    }
  }

  /// What the first loaders wrote. The argument count reads as 0.
  private static func bare(_ wordSize: WordSize, at address: UInt64) -> [UInt8] {
    let slots: [UInt64] = [
      0, 0x42, 0x35, 0,
      pageSizeKey, 4096, randomKey, address + 9 * UInt64(wordSize.bytes), 0,  // auxiliary vector
    ]
    return slots.flatMap { bigEndian($0, wordSize) } + Array(random.utf8)
  }

  private static func arguments(_ wordSize: WordSize, at address: UInt64) -> [UInt8] {
    let word = UInt64(wordSize.bytes)
    let randomBytes = Array(random.utf8)
    let environmentBytes = terminated(environment, wordSize)
    let programBytes = terminated(program, wordSize)

    let randomAddress = address + 10 * word
    let environmentAddress = randomAddress + UInt64(randomBytes.count)
    let programAddress = environmentAddress + UInt64(environmentBytes.count)
    let slots: [UInt64] = [
      1, programAddress, 0,  // argument count, arguments, end
      environmentAddress, 0,  // environment, end
      pageSizeKey, 4096, randomKey, randomAddress, 0,  // auxiliary vector, end
    ]
    return slots.flatMap { bigEndian($0, wordSize) } + randomBytes + environmentBytes
      + programBytes
  }

  /// Creates the stack's pages and writes its content.
  func write(to image: ImageWriter) throws(ELFError) {
    try image.clear(at: address - Self.sizeBelow, count: Self.sizeBelow + Self.sizeAbove)
    try image.endRange(at: address + Self.sizeAbove)
    try image.write(range: bytes, at: address)
  }

  /// The text, at least one zero byte, and zeros up to a multiple of the word.
  private static func terminated(_ text: String, _ wordSize: WordSize) -> [UInt8] {
    var bytes = Array(text.utf8)
    repeat { bytes.append(0) } while bytes.count % wordSize.bytes != 0
    return bytes
  }

  private static func bigEndian(_ value: UInt64, _ wordSize: WordSize) -> [UInt8] {
    (0..<wordSize.bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}

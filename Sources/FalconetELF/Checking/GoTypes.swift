import FalconetMachine

/// The descriptions of types that Go's linker puts into every program (`internal/abi`, Type), as far as
/// they tell the types' methods: those that an interface may call.
///
/// All that is read may be corrupt: a description that makes no sense has no methods.
struct GoTypes {
  private let memory: Memory
  private let types: Range<UInt64>
  private let text: UInt64
  private let wordBytes: UInt64

  private static let methodLimit: UInt64 = 4096

  /// Nil for a program without such symbols.
  init?(_ memory: Memory, _ symbols: SymbolTable) {
    guard let start = symbols.symbol(named: "runtime.types")?.start,
      let end = symbols.symbol(named: "runtime.etypes")?.start, start < end,
      let text = symbols.symbol(named: "runtime.text")?.start
    else { return nil }
    self.memory = memory
    types = start..<end
    self.text = text
    wordBytes = UInt64(memory.wordSize.bytes)
  }

  private func int(_ address: UInt64) -> UInt32 { memory.instruction(at: address) }

  /// The addresses of the methods of the type that is described at an address; empty if none is.
  func methods(ofTypeAt address: UInt64) -> [UInt64] {
    guard types.contains(address), address % wordBytes == 0 else { return [] }
    // Behind two words and a hash: flags, alignments, and the kind in the lower five bits.
    let marks = int(address + 2 * wordBytes + 4)
    guard marks >> 24 & 1 != 0 else { return [] }
    // Two pointers and two offsets end what all types have.
    let common = address + 4 * wordBytes + 16
    for size in Self.specificSizes(kind: marks & 31, wordBytes) {
      if let methods = methods(at: common + size) { return methods }
    }
    return []
  }

  /// How many bytes a kind adds to what all types have. Of maps there are two forms, before Go 1.24 and
  /// from it on.
  private static func specificSizes(kind: UInt32, _ word: UInt64) -> [UInt64] {
    switch kind {
    case 17: [3 * word]  // array
    case 18: [2 * word]  // channel
    case 19: [word]  // function: two numbers of 16 bits, padded
    case 20, 25: [4 * word]  // interface, struct
    case 21: [4 * word + 8, 8 * word]  // map
    case 22, 23: [word]  // pointer, slice
    default: [0]
    }
  }

  /// The methods that a record of a type with a name lists: offsets of the package and of the methods, and
  /// the methods' number.
  private func methods(at record: UInt64) -> [UInt64]? {
    let counts = int(record + 4)
    let (count, exported) = (UInt64(counts >> 16), UInt64(counts & 0xFFFF))
    let offset = UInt64(int(record + 8))
    guard count <= Self.methodLimit, exported <= count, offset >= 16,
      offset < types.upperBound - types.lowerBound
    else { return nil }
    var methods: [UInt64] = []
    for index in 0..<count {
      // Name, type, and the code for calls through interfaces and others. All ones, or 0, where the linker
      // found that nothing can call it.
      let method = record + offset + 16 * index
      for field: UInt64 in [8, 12] {
        let code = int(method + field)
        if code != 0, code != .max { methods.append(text &+ UInt64(code)) }
      }
    }
    return methods
  }
}

import FalconetMachine

/// What a loader tells a program in pairs of a key and a value, at the end of what it puts on the stack.
enum AuxiliaryVector {
  /// The most words that are looked at, of what a guest may have overwritten.
  private static let limit: UInt64 = 1 << 12

  /// The vector's bytes with the pair that ends it; empty if there is none where loaders put it.
  static func bytes(_ machine: Machine) -> [UInt8] {
    let size = UInt64(machine.version.wordSize.bytes)
    let stack = machine.version.addressSpace.stackPointer
    func word(_ index: UInt64) -> UInt64 {
      machine.memory.loadWord(at: (stack &+ index &* size) & machine.version.wordSize.mask)
    }
    // The number of arguments, these and a zero, variables of the environment and a zero.
    let count = word(0)
    guard count < limit, let end = (count + 2..<limit).first(where: { word($0) == 0 }) else {
      return []
    }
    let start = end + 1
    guard
      let last = stride(from: start, to: limit, by: 2).first(where: { word($0) == 0 }), last > start
    else { return [] }
    var bytes: [UInt8] = []
    machine.memory.read(
      into: &bytes, from: stack &+ start &* size, count: Int((last + 2 - start) * size))
    return bytes
  }
}

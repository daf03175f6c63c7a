import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import Keccak

/// A guest that reads pre-images whole, one after another, and pre-images as they are in real runs: most
/// are nodes of tries, and some are code.
struct PreimageLoop {
  private static let code: UInt64 = 0x10000
  private static let table: UInt64 = 0x100_0000
  private static let buffer: UInt64 = 0x20000

  let preimages: [(key: Bytes32, value: [UInt8])]

  /// - Parameter count: of pre-images, at most 65535.
  init(count: Int) {
    var random = SplitMix(state: 1)
    preimages = (0..<count).map { _ in
      let size =
        switch random.next() % 1000 {
        case ..<350: 532
        case ..<850: 70 + Int(random.next() % 110)
        case ..<998: 200 + Int(random.next() % 700)
        default: 4_000 + Int(random.next() % 20_000)
        }
      let value = random.bytes(size)
      return (PreimageKey.keccak256(of: value), value)
    }
  }

  var bytes: Int { preimages.reduce(0) { $0 + $1.value.count } }

  /// A machine before the first step.
  func machine(_ oracle: any PreimageOracle) throws -> Machine {
    let memory = Memory(wordSize: .bits64)
    try SyntheticLoop.write(program, to: memory, at: Self.code)
    let keys = preimages.flatMap(\.key.bytes)
    try keys.withUnsafeBytes { try memory.write($0, at: Self.table) }
    return Machine(
      state: MachineState(version: .v8, entry: Self.code), memory: memory, oracle: oracle,
      engine: .translator)
  }

  /// Writes 8 bytes of a key at a time; reads the length, and 8 bytes at a time.
  private var program: [UInt32] {
    func set(_ register: UInt32, _ value: UInt16) -> UInt32 {
      SyntheticLoop.immediate(0x0D, from: 0, to: register, value)
    }
    func add(_ source: UInt32, _ target: UInt32, _ value: Int16) -> UInt32 {
      SyntheticLoop.immediate(0x19, from: source, to: target, UInt16(bitPattern: value))
    }
    func high(_ register: UInt32, _ address: UInt64) -> UInt32 {
      SyntheticLoop.immediate(0x0F, from: 0, to: register, UInt16(address >> 16))
    }
    /// Branches if a register is not 0, over as many instructions, counted from the next one.
    func repeated(_ register: UInt32, _ distance: Int16) -> UInt32 {
      SyntheticLoop.immediate(0x05, from: register, to: 0, UInt16(bitPattern: distance))
    }
    let (call, first, second, third): (UInt32, UInt32, UInt32, UInt32) = (2, 4, 5, 6)
    let (key, left, parts): (UInt32, UInt32, UInt32) = (16, 17, 18)
    let (place, rest): (UInt32, UInt32) = (8, 9)
    let systemCall: UInt32 = 0x0C
    return [
      high(key, Self.table), set(left, UInt16(preimages.count)),
      set(parts, 4),  // each pre-image
      set(call, 5001), set(first, 6), add(key, second, 0), set(third, 8), systemCall,
      add(key, key, 8), add(parts, parts, -1), repeated(parts, -8), 0,
      set(call, 5000), set(first, 5), high(second, Self.buffer), set(third, 8), systemCall,
      high(place, Self.buffer), SyntheticLoop.immediate(0x37, from: place, to: rest, 0),
      set(call, 5000), set(first, 5), high(second, Self.buffer), set(third, 8), systemCall,
      SyntheticLoop.register(0x2F, rest, call, rest), repeated(rest, -7), 0,
      add(left, left, -1), repeated(left, -27), 0,
      set(call, 5205), set(first, 0), systemCall,
    ]
  }
}

/// Steele, Lea and Flood's generator, which is the same everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<(count + 7) / 8).flatMap { _ in
      withUnsafeBytes(of: next()) { Array($0) }
    }.dropLast((8 - count % 8) % 8)
  }
}

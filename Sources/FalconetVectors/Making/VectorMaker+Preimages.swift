import FalconetMachine
import FalconetOracle
import Keccak

extension VectorMaker {
  // MARK: Pre-images

  /// Pre-images of many lengths, with keys of types that a VM checks and that it does not.
  static let preimages: [Bytes32: [UInt8]] = {
    var result: [Bytes32: [UInt8]] = [:]
    for (number, count) in [0, 1, 3, 4, 7, 8, 9, 15, 31, 33, 100].enumerated() {
      let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ number) }
      var local = Bytes32()
      (local[0], local[31]) = (1, UInt8(number))
      result[local] = value
      var keccak = Keccak256.hash(value)
      keccak[0] = 2
      result[keccak] = value
    }
    return result
  }()

  /// Keys that are written and pre-images that are read, in pieces of all sizes at all places.
  mutating func addPreimages() throws {
    for version in StateVersion.allCases {
      let numbers = Numbers(version)
      let keys = Self.preimages.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      for number in 0..<24 {
        var random = random(version, number)
        var code: [UInt32] = []
        for _ in 0..<8 {
          let (descriptor, isWrite): (UInt16, Bool) = random.pick([
            (5, false), (5, false), (5, false), (5, false), (6, true), (4, true), (3, false),
            (1, true), (2, true), (0, false),
          ])
          let place = UInt16(0x2000 + random.below(200))
          code += Self.call(
            isWrite ? numbers.write : numbers.read,
            [(4, descriptor), (5, place), (6, random.pick([0, 1, 2, 3, 4, 5, 7, 8, 9, 32]))])
        }
        var image = MachineImage(version, code: code + [Assembly.nop])
        Self.setRegisters(&image, &random)
        image.write(Array(Self.page.prefix(256)), at: 0x2000)
        image.state.scalars.preimageKey = random.pick(keys)
        image.state.scalars.preimageOffset = random.pick([0, 0, 1, 7, 8, 9, 12, 40, 200])
        if random.chance(3) { image.state.lastHint = [0, 0, 0] }
        try add(
          "transfers \(number)", image, steps: UInt64(code.count), preimages: Self.preimages)
      }
      let programs = keys.enumerated().map { ("program \($0.offset)", $0.element) }
      try addWholeKeys(version, programs, Self.preimages)
      let typed = Self.typedKeys.map { ($0.key, $0.value) }
      try addWholeKeys(
        version, Self.typedKeys.map { ("\($0.name), to the end", $0.key) },
        Dictionary(uniqueKeysWithValues: typed))
      try addOddReads(version)
      try addMissing(version)
    }
  }

  /// A key that is written as programs do, and its pre-image read to the end.
  private mutating func addWholeKeys(
    _ version: StateVersion, _ keys: [(name: String, key: Bytes32)],
    _ preimages: [Bytes32: [UInt8]]
  ) throws {
    let numbers = Numbers(version)
    let hint: [UInt8] = [0, 0, 0, 5] + Array("hint!".utf8)
    for (number, (name, key)) in keys.enumerated() {
      var code = Self.call(numbers.write, [(4, 4), (5, 0x2100), (6, UInt16(hint.count))])
      code += Self.call(numbers.read, [(4, 3), (5, 0x2200), (6, 1)])
      for part in 0..<(version.wordSize == .bits32 ? 8 : 4) {
        let size = UInt16(version.wordSize.bytes)
        code += Self.call(
          numbers.write, [(4, 6), (5, 0x2000 + UInt16(part) * size), (6, size)])
      }
      for part in 0..<4 {
        code += Self.call(numbers.read, [(4, 5), (5, 0x2300 + UInt16(16 * part)), (6, 64)])
        code += Self.call(numbers.write, [(4, 1), (5, 0x2300 + UInt16(16 * part)), (6, 9)])
      }
      code += Self.call(numbers.exitGroup, [(4, UInt16(number % 3))])
      var image = MachineImage(version, code: code + [Assembly.nop])
      image.write(key.bytes, at: 0x2000)
      image.write(hint, at: 0x2100)
      try add(name, image, steps: 200, preimages: preimages)
    }
  }

  // MARK: Keys of all types

  /// A key of each type, and one of a type that there is not.
  private static let typedKeys: [(name: String, key: Bytes32, value: [UInt8])] = {
    func value(_ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 29 &+ 11) }
    }
    func key(_ type: UInt8, _ count: Int) -> Bytes32 {
      var key = Keccak256.hash(value(count))
      key[0] = type
      return key
    }
    return [
      ("local", PreimageKey.local(7), value(32)),
      ("Keccak-256", PreimageKey.keccak256(of: value(23)), value(23)),
      ("global", key(3, 12), value(12)),
      ("SHA-256", PreimageKey.sha256(of: value(21)), value(21)),
      ("empty SHA-256", PreimageKey.sha256(of: []), []),
      ("blob", key(5, 64), value(32)),
      ("precompile", key(6, 40), value(33)),
      ("type 9", key(9, 5), value(5)),
    ]
  }()

  /// Reads of each type of key: from the length's bytes to beyond the end, to all places of a word, and of 0
  /// to 9 bytes.
  private mutating func addOddReads(_ version: StateVersion) throws {
    let numbers = Numbers(version)
    for (number, (name, key, value)) in Self.typedKeys.enumerated() {
      let end = UInt64(value.count) + 8
      let offsets = [UInt64(number % 2 * 3), end - 5, end, version.wordSize.mask]
      for (place, offset) in offsets.enumerated() {
        var random = random(version, 2000 + number << 8 | place)
        var code: [UInt32] = []
        for _ in 0..<6 {
          code += Self.call(
            numbers.read,
            [(4, 5), (5, UInt16(0x2000 + random.below(64))), (6, UInt16(random.below(10)))])
        }
        var image = MachineImage(version, code: code + [Assembly.nop])
        image.write(Array(Self.page.prefix(72)), at: 0x2000)
        image.state.scalars.preimageKey = key
        image.state.scalars.preimageOffset = offset
        if !version.isSingleThreaded, random.chance(2) {
          image.state.scalars.reservation = Reservation(status: 1, address: 0x2000, owner: 0)
        }
        try add(
          "\(name), from \(offset)", image, steps: UInt64(code.count), preimages: [key: value])
      }
    }
  }

  /// Reads of pre-images that there are not. A step that fails has changed nothing.
  private mutating func addMissing(_ version: StateVersion) throws {
    let numbers = Numbers(version)
    for (number, (name, key, _)) in Self.typedKeys.enumerated() {
      for (count, offset) in [(UInt16(0), UInt64(9)), (8, 0)] {
        var random = random(version, 3000 + number << 8 | Int(count))
        var code = Self.call(numbers.write, [(4, 4), (5, 0x2040), (6, UInt16(random.below(12)))])
        code += Self.call(numbers.write, [(4, 1), (5, 0x2000), (6, 5)])
        code += Self.call(
          numbers.read, [(4, 5), (5, UInt16(0x2000 + random.below(8))), (6, count)])
        var image = MachineImage(version, code: code + [Assembly.nop])
        image.write([0, 0, 0, 2, 0x68, 0x69, 0, 0, 0, 1, 0x21], at: 0x2040)
        image.state.scalars.preimageKey = key
        image.state.scalars.preimageOffset = offset
        try add("\(name) that is missing, \(count) bytes", image, steps: UInt64(code.count))
      }
    }
  }
}

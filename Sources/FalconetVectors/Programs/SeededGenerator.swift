import FalconetMachine

/// The same random numbers on every run: splitmix64.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The generator of a random program: another one for each version, seed and salt.
  ///
  /// Vectors are made of its numbers, so it must not change.
  ///
  /// - Parameter salt: the number of the kind of program, so that kinds with the same seed have nothing in common.
  package init(_ version: StateVersion, seed: UInt64, salt: UInt64) {
    // No version's number takes more than 4 bits.
    self.init(seed: seed &* 16 &+ UInt64(version.rawValue) &+ salt)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// True once in `count` times on average.
  package mutating func chance(_ count: UInt64) -> Bool { next() % count == 0 }

  /// A number from `0` up to, not including, `bound`.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// One of the elements of a list that has any.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }
}

import FalconetMachine

/// Goroutines as Go's runtime keeps them: which stack a thread is on, and where it left another.
///
/// Of the runtime's structures only what has long been the same is taken for granted. In `g`, words 0
/// and 1 are the bounds of its stack, word 6 is its `m`, and words 7 to 12 are what is saved of it: `sp`,
/// `pc`, `g`, …, `lr`. From Go 1.25 on `lr` is word 11; before, it is word 12, and word 11 is 0. In `m`,
/// word 0 is the `g` of its own stack.
package struct GoStacks {
  let reader: GuestReader

  package init(reader: GuestReader) { self.reader = reader }

  /// What the runtime saved of a goroutine when it left its stack.
  package struct Saved: Equatable {
    package var stackPointer, pc, returnAddress: UInt64
  }

  /// Words of `m` that are searched.
  private static let searchLength: UInt64 = 96

  /// Where the goroutine was left that a thread runs for, if the thread is on its own stack.
  ///
  /// The place of `curg` in `m` differs between versions of Go. It is found by what only it is: a
  /// `g`, not the thread's own, that says of itself that it runs on this `m`.
  ///
  /// - Parameter g: register 30, the runtime's current `g`.
  package func savedGoroutine(ofThreadOn g: UInt64) -> Saved? {
    guard g != 0 else { return nil }
    let m = reader.word(6, of: g)
    guard m != 0, reader.word(0, of: m) == g else { return nil }
    for index in 8..<Self.searchLength {
      let other = reader.word(index, of: m)
      guard other != 0, other != g, other % reader.wordBytes == 0, reader.word(6, of: other) == m,
        reader.word(9, of: other) == other, reader.word(7, of: other) != 0
      else { continue }
      return Saved(
        stackPointer: reader.word(7, of: other), pc: reader.word(8, of: other),
        returnAddress: reader.word(reader.word(11, of: other) != 0 ? 11 : 12, of: other))
    }
    return nil
  }
}

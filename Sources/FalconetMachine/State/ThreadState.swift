/// One guest thread.
///
/// Words are held in 64 bits whatever the machine's word size, zero-extended.
package struct ThreadState: Sendable, Equatable {
  /// The address that means "waits for nothing" in a version whose futexes block: all ones.
  package static func noFutex(_ wordSize: WordSize) -> UInt64 { wordSize.mask }
  /// The futex time-out that never comes.
  package static let noTimeout = UInt64.max

  package var id: UInt64
  package var exitCode: UInt8 = 0
  package var exited = false
  /// The address that a blocked thread waits at; all ones if it waits for nothing. 0 in versions
  /// whose futexes don't block.
  package var futexAddress: UInt64 = 0
  /// The value that a blocked thread waits to see changed.
  package var futexValue: UInt64 = 0
  /// The step after which a blocked thread stops waiting.
  package var futexTimeoutStep: UInt64 = 0
  package var pc: UInt64 = 0
  package var nextPC: UInt64 = 4
  package var lo: UInt64 = 0
  package var hi: UInt64 = 0
  package var registers = Registers()

  /// A thread at address 0 with all registers zero that waits for nothing.
  package init(id: UInt64, version: StateVersion) {
    self.id = id
    if version.hasBlockingFutexes {
      futexAddress = Self.noFutex(version.wordSize)
    }
  }
}

/// The 32 general registers.
package struct Registers: Sendable, Equatable {
  @usableFromInline var values = InlineArray<32, UInt64>(repeating: 0)

  package init() {}

  /// Register `index`; only the low five bits of the index count.
  @inlinable package subscript(index: Int) -> UInt64 {
    get { values[index & 31] }
    set { values[index & 31] = newValue }
  }

  package static func == (left: Registers, right: Registers) -> Bool {
    for index in 0..<32 where left.values[index] != right.values[index] { return false }
    return true
  }

  /// The conventional names of the registers, by number (MIPS n64 calling convention).
  package static let names = [
    "zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2",
    "t3", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "fp",
    "ra",
  ]
}

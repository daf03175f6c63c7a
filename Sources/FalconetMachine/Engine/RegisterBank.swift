/// The registers of the thread that the fast engine runs, where it can reach them by number.
///
/// Soundness: 256 entries are allocated and initialised, and an index is a byte, so every access is in
/// bounds. The machine that owns the bank frees it.
struct RegisterBank {
  static let hi: UInt8 = 32
  static let lo: UInt8 = 33
  /// Where results for register 0 go.
  static let discarded: UInt8 = 34

  private let values: UnsafeMutablePointer<UInt64>

  init() {
    values = .allocate(capacity: 256)
    values.initialize(repeating: 0, count: 256)
  }

  func deallocate() { values.deallocate() }

  @inline(__always)
  subscript(index: UInt8) -> UInt64 {
    get { values[Int(index)] }
    nonmutating set { values[Int(index)] = newValue }
  }

  /// Takes a thread's registers in.
  func load(_ thread: ThreadState) {
    for index in 0..<32 { values[index] = thread.registers[index] }
    self[Self.hi] = thread.hi
    self[Self.lo] = thread.lo
  }

  /// Puts the registers back into the thread.
  func store(into thread: inout ThreadState) {
    for index in 0..<32 { thread.registers[index] = values[index] }
    thread.hi = self[Self.hi]
    thread.lo = self[Self.lo]
  }
}

import FalconetLibc

/// Memory for machine code, mapped twice: once to be written, once to be executed. No mapping is
/// ever both.
///
/// Safety: both mappings are of one anonymous file and of the same size, and are unmapped together
/// when this object goes. ``Assembler`` writes inside the first alone.
final class CodeMemory {
  let writable: UnsafeMutableRawPointer
  let executable: UnsafeMutableRawPointer
  let count: Int
  /// Where the second part begins, for code that is rarely executed, so that the first is dense.
  let rareStart: Int
  private var populated: Int
  private var rarePopulated: Int
  private static let populatedAtOnce = 64 << 10
  /// MADV_POPULATE_READ and MADV_POPULATE_WRITE of Linux 5.14, which headers may lack.
  private static let populateForReading: Int32 = 22
  private static let populateForWriting: Int32 = 23

  /// Nil if the system refuses executable memory.
  init?(count: Int, rareCount: Int) {
    rareStart = count
    populated = 0
    rarePopulated = count
    let count = count + rareCount
    let file = Self.anonymousFile()
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard ftruncate(file, count) == 0 else { return nil }
    let writable = mmap(nil, count, PROT_READ | PROT_WRITE, Int32(MAP_SHARED), file, 0)
    guard let writable, writable != MAP_FAILED else { return nil }
    let executable = mmap(nil, count, PROT_READ | PROT_EXEC, Int32(MAP_SHARED), file, 0)
    guard let executable, executable != MAP_FAILED else {
      munmap(writable, count)
      return nil
    }
    self.writable = writable
    self.executable = executable
    self.count = count
  }

  /// A file in memory that is closed on `exec`. The C library's function is found by name, since its
  /// declaration is hidden from Swift; −1 if there is none.
  private static func anonymousFile() -> Int32 {
    typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "memfd_create") else { return -1 }
    let closeOnExec: UInt32 = 1
    return unsafeBitCast(symbol, to: Create.self)("falconet-code", closeOnExec)
  }

  /// Has the system back the memory of each part below a place, more of it at a time than a fault would.
  func populate(upTo end: Int, rareUpTo rareEnd: Int) {
    populate(upTo: end, within: rareStart, &populated)
    populate(upTo: rareEnd, within: count, &rarePopulated)
  }

  private func populate(upTo end: Int, within limit: Int, _ populated: inout Int) {
    guard end > populated else { return }
    let next = min(limit, (end + Self.populatedAtOnce - 1) & ~(Self.populatedAtOnce - 1))
    // If the system doesn't know the advice, pages come by faults.
    madvise(writable + populated, next - populated, Self.populateForWriting)
    madvise(executable + populated, next - populated, Self.populateForReading)
    populated = next
  }

  deinit {
    munmap(writable, count)
    munmap(executable, count)
  }
}

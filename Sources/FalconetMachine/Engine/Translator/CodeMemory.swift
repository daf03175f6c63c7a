import Glibc

/// Memory for machine code, mapped twice: once to be written, once to be executed. No mapping is
/// ever both.
///
/// Soundness: both mappings are of one anonymous file and of the same size, and are unmapped together
/// when this object goes. ``Assembler`` writes inside the first alone.
final class CodeMemory {
  let writable: UnsafeMutableRawPointer
  let executable: UnsafeMutableRawPointer
  let count: Int

  /// Nil where the system refuses executable memory.
  init?(count: Int) {
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
  /// declaration is hidden from Swift; −1 where there is none.
  private static func anonymousFile() -> Int32 {
    typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "memfd_create") else { return -1 }
    let closeOnExec: UInt32 = 1
    return unsafeBitCast(symbol, to: Create.self)("falconet-code", closeOnExec)
  }

  deinit {
    munmap(writable, count)
    munmap(executable, count)
  }
}

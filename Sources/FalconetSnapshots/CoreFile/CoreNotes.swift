import FalconetMachine

/// The notes of a core file: the registers of each thread, as Linux writes them for MIPS.
///
/// The structures are `elf_prstatus` of the o32 and the n64 ABI. Offsets are those by which debuggers read
/// them, and registers stand as in Linux's `arch/mips/include/uapi/asm/reg.h`.
enum CoreNotes {
  /// A note with the status of each thread, the active thread first, which debuggers begin with. Threads
  /// that exited are left out, unless the active one has.
  static func bytes(_ state: MachineState) -> [UInt8] {
    let active = state.activeThread
    let others = (state.threads.left + state.threads.right)
      .filter { $0.id != active?.id && !$0.exited }
    return ([active].compactMap { $0 } + others).flatMap { note(of: $0, state.version.wordSize) }
  }

  private static func note(of thread: ThreadState, _ wordSize: WordSize) -> [UInt8] {
    let layout = Layout(wordSize)
    var status = [UInt8](repeating: 0, count: layout.size)
    func store(_ value: UInt64, at offset: Int, bytes: Int) {
      for index in 0..<bytes {
        status[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(bytes - 1 - index)))
      }
    }
    // SIGTRAP: a program that was stopped, not one that failed.
    store(5, at: 12, bytes: 2)
    // Debuggers take a thread of number 0 for none.
    store(thread.id &+ 1, at: layout.number, bytes: 4)
    let word = wordSize.bytes
    for index in 0..<32 {
      store(
        thread.registers[index], at: layout.registers + (layout.first + index) * word, bytes: word)
    }
    let special = layout.registers + (layout.first + 32) * word
    for (index, value) in [thread.lo, thread.hi, thread.pc].enumerated() {
      store(value, at: special + index * word, bytes: word)
    }
    // NT_PRSTATUS of "CORE", whose name is padded to a multiple of 4.
    let header: [UInt32] = [5, UInt32(layout.size), 1]
    return header.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
      + Array("CORE".utf8) + [0, 0, 0, 0] + status
  }

  private struct Layout {
    /// Of the whole structure, in bytes.
    let size: Int
    /// Where the number of the thread stands.
    let number: Int
    /// Where the registers stand, and which of them is register 0; `lo`, `hi` and the PC follow register 31.
    let registers: Int
    let first: Int

    init(_ wordSize: WordSize) {
      switch wordSize {
      case .bits32: (size, number, registers, first) = (256, 24, 72, 6)
      case .bits64: (size, number, registers, first) = (480, 32, 112, 0)
      }
    }
  }
}

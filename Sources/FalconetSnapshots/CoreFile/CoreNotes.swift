import FalconetMachine
import FalconetStreams

/// The notes of a core file: the registers of each thread, as Linux writes them for MIPS.
///
/// The structures are `elf_prstatus` of the o32 and the n64 ABI. Offsets are those by which debuggers read
/// them, and registers stand as in Linux's `arch/mips/include/uapi/asm/reg.h`.
enum CoreNotes {
  /// A note with the status of each thread, the active thread first, which debuggers begin with. Threads
  /// that exited are left out, unless the active one has.
  static func bytes(_ state: MachineState) throws(StreamError) -> [UInt8] {
    let active = state.activeThread
    let others = (state.threads.left + state.threads.right)
      .filter { $0.id != active?.id && !$0.exited }
    let sink = MemorySink()
    let writer = ByteWriter(sink)
    for thread in [active].compactMap({ $0 }) + others {
      try write(thread, state.version.wordSize, to: writer)
    }
    try writer.flush()
    return sink.bytes
  }

  private static func write(
    _ thread: ThreadState, _ wordSize: WordSize, to writer: ByteWriter
  ) throws(StreamError) {
    let layout = Layout(wordSize)
    func skip(to offset: Int, from place: Int) throws(StreamError) {
      try writer.write([UInt8](repeating: 0, count: offset - place))
    }
    func words(_ values: [UInt64]) throws(StreamError) {
      for value in values {
        switch wordSize {
        case .bits32: try writer.writeUInt32(UInt32(truncatingIfNeeded: value))
        case .bits64: try writer.writeUInt64(value)
        }
      }
    }
    // NT_PRSTATUS of "CORE", whose name is padded to a multiple of 4.
    for number in [5, UInt32(layout.size), 1] { try writer.writeUInt32(number) }
    try writer.write(Array("CORE".utf8) + [0, 0, 0, 0])
    // SIGTRAP: a program that was stopped, not one that failed.
    try skip(to: 12, from: 0)
    try writer.writeUInt16(5)
    // Debuggers take a thread of number 0 for none.
    try skip(to: layout.number, from: 14)
    try writer.writeUInt32(UInt32(truncatingIfNeeded: thread.id &+ 1))
    try skip(to: layout.registers + layout.first * wordSize.bytes, from: layout.number + 4)
    let values = (0..<32).map { thread.registers[$0] } + [thread.lo, thread.hi, thread.pc]
    try words(values)
    let end = layout.registers + (layout.first + values.count) * wordSize.bytes
    try skip(to: layout.size, from: end)
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

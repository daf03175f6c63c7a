import FalconetELF
import FalconetMachine

/// What is known of the program that a guest is.
package struct GuestProgram: Sendable {
  package var symbols: SymbolTable?
  /// Of C, C++ and Rust: how its functions' frames are found.
  package var frames: FrameTable?

  package init(symbols: SymbolTable?) { self.symbols = symbols }

  /// What a program's file tells. It may be stripped.
  package init(_ elf: ELFFile) throws(ELFError) {
    do { symbols = try elf.symbols() } catch  where error.kind == .noSymbols { symbols = nil }
    let frames = try FrameTable(elf)
    // Without frames of the file's own, those in memory are looked for.
    self.frames = frames.functionCount > 0 ? frames : nil
  }

  /// The calls that the threads of a machine are in now.
  package func traceback(of machine: Machine) -> Traceback {
    Traceback(machine.state, machine.memory, symbols: symbols, frames: frames)
  }
}

import FalconetDebug
import FalconetELF
import FalconetInsight
import FalconetLibc
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetSystem

/// The program that is debugged, and the files that a debugger asks for.
final class DebuggedProgram: DebugHost {
  let program: [UInt8]?
  let programPath: String
  private let guest: GuestProgram
  private var unwinder: Unwinder?

  /// - Parameter elf: the path of the ELF file; empty for none.
  init(elf: String) throws(CommandError) {
    guard !elf.isEmpty else {
      program = nil
      programPath = ""
      guest = GuestProgram(symbols: nil)
      return
    }
    let file = try Inputs.elf(elf, while: "failed to load the program")
    do { guest = try GuestProgram(file) } catch {
      throw CommandError("failed to load the program: \(error)")
    }
    do {
      program = try ByteReader(FileSource(path: elf)).readAll(limit: Self.longestProgram)
    } catch { throw CommandError(error, while: "failed to load the program") }
    programPath = elf.pathWithoutLinks ?? elf
  }

  /// The most bytes of an ELF file that are given to a debugger.
  private static let longestProgram: UInt64 = 1 << 30

  /// Has addresses described by what is in a machine's memory.
  func inspect(_ machine: Machine) {
    unwinder = Unwinder(
      machine.memory, version: machine.version, symbols: guest.symbols, frames: guest.frames)
  }

  func describe(_ address: UInt64) -> String {
    guard let location = unwinder?.locations(of: address).first else { return "" }
    guard let file = location.file, let line = location.line else {
      return "in \(location.function)"
    }
    return "in \(location.function), \(file):\(line)"
  }

  func writeProof(_ proof: StepProof, to name: String) throws(DebugRefusal) -> String {
    try write(name) { (path) throws(StreamError) in
      try proof.save(path: path, Interruption.cancellation)
    }
  }

  func writeSnapshot(of machine: Machine, to name: String) throws(DebugRefusal) -> String {
    try write(name) { (path) throws(StreamError) in
      try Snapshot.save(MemoryImage(machine), path: path, Interruption.cancellation)
    }
  }

  private func write(
    _ name: String, _ body: (String) throws(StreamError) -> Void
  ) throws(DebugRefusal) -> String {
    // Whoever can connect must not replace what is here.
    guard name.withFileName({ access($0, F_OK) }) != 0 else {
      throw DebugRefusal("\(name) exists; give another name")
    }
    do throws(StreamError) { try body(name) } catch { throw DebugRefusal("\(error)") }
    return "wrote \(name)"
  }
}

internal import FalconetELF
internal import FalconetInsight
internal import FalconetMachine
internal import FalconetStreams

/// A program for the VM, from its ELF file.
///
/// ```swift
/// let program = try Program(contentsOf: "program.elf")
/// for problem in try program.problems(version: .newest) { print(problem) }
/// let machine = try Machine(program, version: .newest)
/// ```
public struct Program: Sendable {
  let elf: ELFFile
  let guest: GuestProgram

  private init(_ elf: ELFFile) throws(ELFError) {
    self.elf = elf
    guest = try GuestProgram(elf)
  }

  /// The program in a file.
  public init(contentsOf path: String) throws(FalconetError) {
    do { try self.init(ELFFile(path: path)) } catch { throw FalconetError(error) }
  }

  /// The name of the symbol that contains an address, as it is in the ELF file; nil if none does.
  public func symbol(at address: UInt64) -> String? {
    guest.symbols?.symbol(at: address)?.name
  }

  /// The addresses of the first symbol with a name: a function or a variable. Nil if there is none.
  ///
  /// The range is empty if the linker did not record a size. O(n) in the number of symbols.
  public func addresses(of symbol: String) -> Range<UInt64>? {
    guest.symbols?.symbol(named: symbol).map {
      $0.start..<max($0.start, $0.start &+ $0.size)
    }
  }

  /// What may stop the VM or corrupt the program, each as a sentence: first of all instructions and
  /// system calls that the program can reach and a state version lacks.
  ///
  /// That nothing is found proves nothing, since calls through tables of methods are not followed.
  public func problems(
    version: StateVersion, revision: Revision? = nil
  ) throws(FalconetError) -> [String] {
    let report: CompatibilityReport
    do {
      report = try elf.checkCompatibility(with: revision?.value ?? version.value.newestRevision)
    } catch { throw FalconetError(error) }
    return report.findings.filter(\.isHarmful).map {
      "\($0.problem.text) in \($0.function), called by \($0.path.joined(separator: " > "))"
        + ($0.remedy.map { ": \($0)" } ?? "")
    } + report.concerns.filter(\.isHarmful).map { "\($0)" }
  }
}

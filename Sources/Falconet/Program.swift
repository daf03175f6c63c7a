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

  /// The program whose ELF file these bytes are.
  public init(elf bytes: [UInt8]) throws(FalconetError) {
    do { try self.init(ELFFile(bytes: bytes, name: "memory")) } catch { throw FalconetError(error) }
  }

  /// The symbol that holds an address, or nil.
  public func symbol(at address: UInt64) -> Symbol? {
    guest.symbols?.symbol(at: address).map { Symbol($0) }
  }

  /// The first symbol of a name, or nil. O(n) in the number of symbols.
  public func symbol(named name: String) -> Symbol? {
    guest.symbols?.symbol(named: name).map { Symbol($0) }
  }

  /// What the program can reach that a state version lacks, and what else may stop the VM or corrupt
  /// the program, each as a sentence. Empty if nothing was found, which proves nothing: calls through
  /// tables of methods are not followed.
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

/// A named range of a program's addresses: a function or a variable.
public struct Symbol: Sendable, Hashable {
  /// The name as it stands in the ELF file.
  public let name: String
  /// The first address.
  public let address: UInt64
  /// Bytes from there on; 0 if the linker did not know.
  public let size: UInt64

  init(_ symbol: FalconetELF.Symbol) {
    name = symbol.name
    address = symbol.start
    size = symbol.size
  }
}

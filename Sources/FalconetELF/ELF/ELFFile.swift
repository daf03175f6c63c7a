import FalconetMachine

/// A big-endian MIPS program in ELF form, 32-bit or 64-bit, open for reading.
///
/// Headers are read and checked on opening; segments and symbols are read from the file when they
/// are asked for, and never as a whole file.
///
/// ```swift
/// let elf = try ELFFile(path: "hello.elf")
/// print(elf.wordSize, elf.entry, try elf.symbols().count)
/// ```
package final class ELFFile: Sendable {
  /// The file's path, or the name given with its bytes.
  package var name: String { input.name }
  /// Whether it is a 32-bit or a 64-bit file.
  package let wordSize: WordSize
  /// The address of the first instruction.
  package let entry: UInt64

  let input: ELFInput
  let header: ELFHeader
  let segments: [ELFSegment]
  let sections: ELFSections

  /// Opens a file, which stays open as long as this object lives.
  ///
  /// - Throws: ``ELFError`` if it can't be read, is not a big-endian MIPS file, or has headers
  ///   that are corrupt or lie outside the file.
  package convenience init(path: String) throws(ELFError) {
    try self.init(ELFInput(path: path))
  }

  /// Takes a file that is in memory already.
  ///
  /// - Parameter name: what errors call it.
  /// - Throws: ``ELFError`` if it is not a big-endian MIPS file, or has headers that are corrupt
  ///   or lie outside the file.
  package convenience init(bytes: [UInt8], name: String) throws(ELFError) {
    try self.init(ELFInput(bytes: bytes, name: name))
  }

  private init(_ input: ELFInput) throws(ELFError) {
    self.input = input
    header = try ELFHeader(input)
    wordSize = header.wordSize
    entry = header.entry
    segments = try ELFSegment.readAll(input, header)
    sections = try ELFSections(input, header)
  }
}

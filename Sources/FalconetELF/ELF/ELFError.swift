/// Why an ELF file could not be read, or not be loaded as a prestate.
package struct ELFError: Error, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  package enum Kind: Sendable, Equatable {
    /// The file could not be opened or read.
    case unreadable
    /// The file does not begin as an ELF file does.
    case notELF
    /// Another class, byte order, machine or ELF variant than the state version can run.
    case unsupported
    /// The file ends before something that its headers name.
    case cutShort
    /// A header holds values that contradict one another.
    case corrupt
    /// A segment or a patch lies outside the memory that a program may occupy.
    case outOfRange
    /// The file has no symbol table.
    case noSymbols
    /// A count or a size is beyond what this loader accepts.
    case tooLarge
    /// The host has no memory left for the program.
    case noMemory
  }

  package var kind: Kind
  /// The file's path, or the name that was given with its bytes.
  package var file: String
  /// Where in the file the fault was found, in bytes from its start.
  package var offset: UInt64?
  /// What is wrong: one sentence without a full stop.
  package var message: String
  /// What the user can do about it: one sentence without a full stop.
  package var remedy: String

  package init(
    _ kind: Kind, file: String, offset: UInt64? = nil, message: String, remedy: String
  ) {
    self.kind = kind
    self.file = file
    self.offset = offset
    self.message = message
    self.remedy = remedy
  }

  package var description: String {
    let place = offset.map { " at byte \($0)" } ?? ""
    return "\(file)\(place): \(message): \(remedy)"
  }
}

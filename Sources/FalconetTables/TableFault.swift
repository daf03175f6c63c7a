/// Why a file of a database, or the rest of it, is not read.
package struct TableFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the file is or has: the rest of a sentence that begins with its path.
  package let description: String

  init(_ description: String) { self.description = description }
}
